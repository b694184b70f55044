import type { ComponentChildren, JSX } from "preact";
import { useId, useMemo, useState } from "preact/hooks";
import { compareKeys, sorted, type Key } from "../../shared/order";
import { formatCount } from "../../shared/money";
import { t, tn } from "../texts";
import { Button } from "./Button";
import { Empty } from "./Empty";
import { Notice } from "./Notice";
import { exportTable, type Cell, type ExportKind } from "./export";

export interface Column<R> {
  id: string;
  title: string;
  cell: (row: R) => ComponentChildren;
  /** What the rows are sorted by; without it the column does not sort. */
  key?: (row: R) => Key;
  /** What is exported and filtered by; without it the key. */
  text?: (row: R) => Cell;
  /** Numbers stand to the right. */
  numeric?: boolean;
  /** A choice of its values above the table. */
  choices?: boolean;
  /** A line that explains the heading. */
  hint?: string;
}

export interface DataTableProps<R> {
  /** Names the file of an export: "receipts". */
  name: string;
  /** Says what the table holds; seen by screen readers where a heading says it already. */
  caption: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  rowKey: (row: R) => string;
  /** The column and direction that the rows are sorted by at first. */
  initial?: { by: string; descending?: boolean };
  pageSize?: number;
  /** What stands there when there are no rows. */
  empty?: ComponentChildren;
  /** How many rows there are on the server, where it is more than came. */
  total?: number | undefined;
  /** Fetches more of them. */
  onMore?: (() => Promise<unknown>) | undefined;
  /** Buttons beside the export. */
  actions?: ComponentChildren;
  /** Rows can be ticked; told which are. */
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  /** What unfolds under a row. */
  detail?: ((row: R) => ComponentChildren) | undefined;
  rowClass?: (row: R) => string | undefined;
  /** No filter, paging or export: for a few rows within a page. */
  plain?: boolean;
}

/** Rows that sort, filter, come a page at a time and leave as CSV or XLSX. */
export function DataTable<R>(props: DataTableProps<R>): JSX.Element {
  const { columns, rows, rowKey, plain, detail } = props;
  const size = props.pageSize ?? 50;
  const [sort, setSort] = useState(props.initial);
  const [words, setWords] = useState("");
  const [choice, setChoice] = useState<Record<string, string>>({});
  const [page, setPage] = useState(0);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [fault, setFault] = useState<string | null>(null);
  const id = useId();

  const chosen = useMemo(() => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const left = rows.filter((row) => {
      for (const column of columns) {
        const only = choice[column.id];
        if (only !== undefined && only !== "" && said(column, row) !== only) return false;
      }
      if (wanted.length === 0) return true;
      const all = columns.map((column) => said(column, row).toLowerCase()).join(" ");
      return wanted.every((word) => all.includes(word));
    });
    const by = columns.find((column) => column.id === sort?.by)?.key;
    return by === undefined ? left : sorted(left, by, sort?.descending ?? false);
  }, [rows, columns, words, choice, sort]);

  const pages = Math.max(1, Math.ceil(chosen.length / size));
  const at = Math.min(page, pages - 1);
  const shown = plain ? chosen : chosen.slice(at * size, (at + 1) * size);
  const width = columns.length + (props.onSelect ? 1 : 0) + (detail ? 1 : 0);

  const sortBy = (column: Column<R>): void => {
    setPage(0);
    // Numbers are looked at from the greatest, words from the first.
    const first = column.numeric ?? false;
    setSort(
      sort?.by === column.id
        ? { by: column.id, descending: !(sort.descending ?? false) }
        : { by: column.id, descending: first },
    );
  };
  const save = async (kind: ExportKind): Promise<void> => {
    setFault(null);
    try {
      const cells = chosen.map((row) => columns.map((column) => cellOf(column, row)));
      await exportTable(kind, props.name, columns.map((column) => column.title), cells);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };

  if (rows.length === 0) return <Empty>{props.empty ?? t("shell.table.empty")}</Empty>;
  return (
    <div class="data-table">
      {!plain && (
        <div class="table-bar">
          <label class="unseen" for={`${id}-words`}>{t("shell.table.filter")}</label>
          <input
            id={`${id}-words`}
            class="input table-words"
            type="search"
            placeholder={t("shell.table.filter")}
            value={words}
            onInput={(event) => {
              setWords(event.currentTarget.value);
              setPage(0);
            }}
          />
          {columns.filter((column) => column.choices).map((column) => (
            <Choice
              key={column.id}
              column={column}
              rows={rows}
              value={choice[column.id] ?? ""}
              onChange={(value) => {
                setChoice({ ...choice, [column.id]: value });
                setPage(0);
              }}
            />
          ))}
          <p class="table-count" role="status">{countText(chosen.length, rows.length, props.total)}</p>
          <div class="table-actions">
            {props.actions}
            <Button small icon="download" onClick={() => save("csv")} label={t("shell.table.csv", { table: props.caption })}>CSV</Button>
            <Button small icon="download" onClick={() => save("xlsx")} label={t("shell.table.xlsx", { table: props.caption })}>XLSX</Button>
          </div>
        </div>
      )}
      {fault !== null && <Notice kind="error" onClose={() => setFault(null)}>{fault}</Notice>}
      <div class="table-scroll" role="region" aria-label={props.caption} tabIndex={0}>
        <table>
          <caption class="unseen">{props.caption}</caption>
          <thead>
            <tr>
              {props.onSelect && (
                <th scope="col" class="table-tick">
                  <input
                    type="checkbox"
                    aria-label={t("shell.table.select_all")}
                    checked={shown.length > 0 && chosen.every((row) => props.selected?.has(rowKey(row)))}
                    onChange={(event) =>
                      props.onSelect?.(new Set(event.currentTarget.checked ? chosen.map(rowKey) : []))
                    }
                  />
                </th>
              )}
              {detail && <th scope="col"><span class="unseen">{t("shell.table.detail")}</span></th>}
              {columns.map((column) => (
                <Head key={column.id} column={column} sort={sort} onSort={() => sortBy(column)} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.length === 0 && (
              <tr>
                <td colSpan={width} class="quiet">{t("shell.table.no_match")}</td>
              </tr>
            )}
            {shown.map((row) => {
              const key = rowKey(row);
              const unfolded = open.has(key);
              return [
                <tr key={key} class={props.rowClass?.(row)} aria-selected={props.selected?.has(key) || undefined}>
                  {props.onSelect && (
                    <td class="table-tick">
                      <input
                        type="checkbox"
                        aria-label={t("shell.table.select_row", { row: key })}
                        checked={props.selected?.has(key) ?? false}
                        onChange={() => props.onSelect?.(toggled(props.selected ?? new Set(), key))}
                      />
                    </td>
                  )}
                  {detail && (
                    <td class="table-tick">
                      <Button
                        quiet
                        small
                        icon={unfolded ? "up" : "down"}
                        expanded={unfolded}
                        label={t("shell.table.detail")}
                        onClick={() => setOpen(toggled(open, key))}
                      />
                    </td>
                  )}
                  {columns.map((column) => (
                    <td key={column.id} class={column.numeric ? "numeric" : undefined}>{column.cell(row)}</td>
                  ))}
                </tr>,
                detail && unfolded && (
                  <tr key={`${key} detail`} class="table-detail"><td colSpan={width}>{detail(row)}</td></tr>
                ),
              ];
            })}
          </tbody>
        </table>
      </div>
      {!plain && (pages > 1 || props.onMore) && (
        <nav class="table-pages" aria-label={t("shell.table.pages")}>
          <Button small icon="back" label={t("shell.table.previous")} disabled={at === 0} onClick={() => setPage(at - 1)} />
          <span>{t("shell.table.page", { page: at + 1, pages })}</span>
          <Button small icon="forward" label={t("shell.table.next")} disabled={at >= pages - 1} onClick={() => setPage(at + 1)} />
          {props.onMore && rows.length < (props.total ?? Infinity) && (
            <Button small onClick={props.onMore}>{t("shell.table.more")}</Button>
          )}
        </nav>
      )}
    </div>
  );
}

function Head<R>(props: {
  column: Column<R>;
  sort: { by: string; descending?: boolean } | undefined;
  onSort: () => void;
}): JSX.Element {
  const { column, sort, onSort } = props;
  const mine = sort?.by === column.id;
  const order = mine ? (sort?.descending ? "descending" : "ascending") : "none";
  return (
    <th
      scope="col"
      class={column.numeric ? "numeric" : undefined}
      title={column.hint}
      {...(column.key && { "aria-sort": order })}
    >
      {column.key ? (
        <button type="button" class="table-sort" onClick={onSort}>{column.title}</button>
      ) : (
        column.title
      )}
    </th>
  );
}

function Choice<R>(props: {
  column: Column<R>;
  rows: readonly R[];
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  const { column, rows, value, onChange } = props;
  const values = useMemo(
    () => [...new Set(rows.map((row) => said(column, row)))].sort(compareKeys),
    [rows, column],
  );
  return (
    <label class="table-choice">
      {column.title}{" "}
      <select class="input" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{t("shell.table.all")}</option>
        {values.map((each) => (
          <option key={each} value={each}>{each === "" ? t("shell.table.none") : each}</option>
        ))}
      </select>
    </label>
  );
}

function cellOf<R>(column: Column<R>, row: R): Cell {
  if (column.text) return column.text(row);
  const key = column.key?.(row) ?? null;
  return typeof key === "object" && key !== null ? key.decimal : key;
}

function said<R>(column: Column<R>, row: R): string {
  const cell = cellOf(column, row);
  return cell === null ? "" : String(cell);
}

function toggled(set: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}

function countText(shown: number, here: number, total: number | undefined): string {
  if (total !== undefined && total > here) {
    return t("shell.table.some", { shown: formatCount(shown), here: formatCount(here), total: formatCount(total) });
  }
  if (shown < here) return t("shell.table.filtered", { shown, here });
  return tn("shell.table.rows", here);
}
