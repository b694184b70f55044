import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { saveBlob } from "../files";
import { t } from "../texts";
import { Button } from "./Button";
import { CaseButton } from "./CaseButton";
import { DataTable } from "./DataTable";
import type { Cell } from "./export";
import { pngOf, sizeOf, svgText } from "./figure-files";
import { Notice } from "./Notice";

export interface FigureProps {
  /** Names the file of an export: "receipts-over-time". */
  name: string;
  title: string;
  /** What the drawing shows, in words, for those who do not see it. */
  desc?: string;
  /** The same as a table. */
  table?: { columns: readonly string[]; rows: readonly (readonly Cell[])[]; numeric?: readonly number[] };
  /** For drawings that are no SVG element: how they become files. */
  svg?: () => string | Promise<string>;
  png?: () => Blob | Promise<Blob>;
  actions?: ComponentChildren;
  /** The drawing: an SVG element somewhere within, unless `svg` and `png` are given. */
  children?: ComponentChildren;
}

/** A drawing with its title, its table, and both as files. */
export function Figure(props: FigureProps): JSX.Element {
  const { name, title, desc, table } = props;
  const box = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const drawing = (): SVGSVGElement => {
    const found = box.current?.querySelector<SVGSVGElement>("svg:not(.icon)");
    if (!found) throw new Error(t("shell.figure.none"));
    return found;
  };
  const save = async (make: () => Promise<Blob>, ending: string): Promise<void> => {
    setFault(null);
    try {
      saveBlob(await make(), `${name}.${ending}`);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const svg = async (): Promise<string> => (props.svg ? props.svg() : svgText(drawing()));
  const saveSvg = (): Promise<void> =>
    save(async () => new Blob([await svg()], { type: "image/svg+xml" }), "svg");
  const savePng = (): Promise<void> =>
    save(async () => {
      if (props.png) return props.png();
      const { width, height } = sizeOf(drawing());
      return pngOf(svgText(drawing()), width, height);
    }, "png");
  return (
    <figure class="figure">
      <figcaption>
        <span class="figure-title">{title}</span>
        <div class="figure-actions">
          {props.actions}
          {table && (
            <Button small pressed={asTable} onClick={() => setAsTable(!asTable)}>{t("shell.figure.table")}</Button>
          )}
          {!asTable && (
            <>
              <Button small icon="download" label={t("shell.figure.svg", { figure: title })} onClick={saveSvg}>SVG</Button>
              <Button small icon="download" label={t("shell.figure.png", { figure: title })} onClick={savePng}>PNG</Button>
              <CaseButton
                small
                why={t("shell.case.figure", { figure: title })}
                content={async () => ({ name: `${name}.svg`, text: await svg() })}
              />
            </>
          )}
        </div>
      </figcaption>
      {fault !== null && <Notice kind="error" onClose={() => setFault(null)}>{fault}</Notice>}
      {desc !== undefined && <p class="unseen">{desc}</p>}
      {asTable && table ? (
        <DataTable
          name={name}
          caption={title}
          columns={table.columns.map((column, index) => ({
            id: String(index),
            title: column,
            numeric: table.numeric?.includes(index) ?? false,
            cell: (row: { cells: readonly Cell[] }) => String(row.cells[index] ?? ""),
            key: (row: { cells: readonly Cell[] }) => row.cells[index] ?? null,
          }))}
          rows={table.rows.map((cells, index) => ({ cells, id: String(index) }))}
          rowKey={(row) => row.id}
        />
      ) : (
        <div ref={box} class="figure-drawing">{props.children}</div>
      )}
    </figure>
  );
}
