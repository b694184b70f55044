import type { JSX } from "preact";
import { formatCount } from "../../shared/money";
import { Button } from "../parts/Button";
import { DataTable, type Column } from "../parts/DataTable";
import { OutpointLink } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { t, tn } from "../texts";
import { api } from "./address";
import type { Moved } from "./types";
import { useWork } from "./useWork";
import { WorkBox } from "./WorkBox";

interface Change {
  change: "added" | "gone" | "changed";
  list: string;
  outpoint: string;
  was: Record<string, unknown> | null;
  becomes: Record<string, unknown> | null;
}

interface Difference {
  unchanged: number;
  changed: number;
  changes: Change[];
}

/** That chain or tags moved on since a run, and what this would change. */
export function MovedNotice({ name, moved }: { name: string; moved: Moved | null }): JSX.Element | null {
  const work = useWork<Difference>();
  if (moved === null || !moved.moved) return null;
  const said = [
    !moved.on_chain && t("case.moved.other_chain"),
    moved.on_chain && moved.blocks > 0 && tn("case.moved.blocks", moved.blocks, { height: formatCount(moved.now.height) }),
    moved.imports_added.length > 0 && tn("case.moved.added", moved.imports_added.length),
    moved.imports_gone.length > 0 && tn("case.moved.gone", moved.imports_gone.length),
  ].filter((text) => text !== false);
  return (
    <>
      <Notice kind="warning" title={t("case.moved.title", { run: moved.run, height: formatCount(moved.made_on.height) })}>
        <ul>{said.map((text) => <li key={text}>{text}</li>)}</ul>
        <p>{t("case.moved.stands")}</p>
        <Button disabled={work.busy} onClick={async () => void (await work.start(api(name, "/diff"), {}))}>{t("case.moved.what")}</Button>
      </Notice>
      <WorkBox work={work} label={t("shell.verb.case.diff")} />
      {work.answer !== null && <Changes of={work.answer} />}
    </>
  );
}

function Changes({ of }: { of: Difference }): JSX.Element {
  const columns: Column<Change>[] = [
    { id: "change", title: t("case.col.change"), cell: (row) => t(`case.change.${row.change}`), key: (row) => row.change, choices: true },
    { id: "list", title: t("case.col.list"), cell: (row) => t(`case.list.${row.list}`), key: (row) => row.list, choices: true },
    { id: "outpoint", title: t("case.col.output"), cell: (row) => <OutpointLink outpoint={row.outpoint} />, key: (row) => row.outpoint },
    { id: "was", title: t("case.col.was"), cell: (row) => told(row.was), text: (row) => told(row.was) },
    { id: "becomes", title: t("case.col.becomes"), cell: (row) => told(row.becomes), text: (row) => told(row.becomes) },
  ];
  return (
    <>
      <p role="status">{t("case.moved.result", { changed: of.changed, unchanged: of.unchanged })}</p>
      {of.changes.length > 0 && (
        <DataTable
          name="changes"
          caption={t("case.moved.what")}
          columns={columns}
          rows={of.changes}
          rowKey={(row) => row.list + row.outpoint}
          total={of.changed}
        />
      )}
    </>
  );
}

function told(row: Record<string, unknown> | null): string {
  if (row === null) return "–";
  return Object.entries(row)
    .filter(([key]) => !["path", "receipts", "deposit_candidates"].includes(key))
    .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ");
}
