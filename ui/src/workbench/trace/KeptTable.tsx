import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { asRefusal, get, post, type Refusal } from "../api";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { DataTable, type Column } from "../parts/DataTable";
import { SelectField } from "../parts/Field";
import { t } from "../texts";

const PART = 500;

export interface KeptTableProps<R> {
  job: string;
  table: string;
  caption: string;
  columns: readonly Column<R>[];
  rowKey: (row: R) => string;
  sorts: readonly ("" | "time" | "-time" | "value" | "-value" | "output" | "-output" | "type")[];
  detail?: (row: R) => JSX.Element;
}

/** A table of an answer that stays on the server and comes in parts, in the order chosen. */
export function KeptTable<R>(props: KeptTableProps<R>): JSX.Element {
  const { job, table } = props;
  const [sort, setSort] = useState<string>(props.sorts[0] ?? "");
  const [rows, setRows] = useState<readonly R[] | null>(null);
  const [total, setTotal] = useState(0);
  const [fault, setFault] = useState<Refusal | null>(null);
  const path = `/api/jobs/${job}/rows/${table}`;
  const part = async (start: number): Promise<{ total: number; rows: R[] }> =>
    get(path, { from: start, limit: PART, sort: sort === "" ? null : sort });
  useEffect(() => {
    let current = true;
    setRows(null);
    setFault(null);
    part(0).then(
      (first) => {
        if (!current) return;
        setRows(first.rows.map(numbered(0)));
        setTotal(first.total);
      },
      (error: unknown) => current && setFault(asRefusal(error)),
    );
    return () => {
      current = false;
    };
  }, [path, sort]);
  const more = async (): Promise<void> => {
    const known = rows ?? [];
    const next = await part(known.length);
    setRows([...known, ...next.rows.map(numbered(known.length))]);
  };
  const save = async (form: "csv" | "xlsx"): Promise<void> => {
    setFault(null);
    try {
      const { url } = await post<{ url: string }>(`${path}/tickets?as=${form}`);
      const link = document.createElement("a");
      link.href = url;
      link.download = `trace-${table}.${form}`;
      link.click();
    } catch (error) {
      setFault(asRefusal(error));
    }
  };
  return (
    <div class="kept-table">
      <div class="table-bar">
        {props.sorts.length > 1 && (
          <SelectField
            label={t("trace.rows.order")}
            value={sort}
            onChange={setSort}
            choices={props.sorts.map((each) => ({ value: each, label: t(`trace.order.${each === "" ? "chain" : each.replace("-", "down_")}`) }))}
          />
        )}
        <div class="table-actions">
          <Button small icon="download" onClick={() => save("csv")} label={t("trace.rows.whole", { table: props.caption, form: "CSV" })}>
            {t("trace.rows.all", { form: "CSV" })}
          </Button>
          <Button small icon="download" onClick={() => save("xlsx")} label={t("trace.rows.whole", { table: props.caption, form: "XLSX" })}>
            {t("trace.rows.all", { form: "XLSX" })}
          </Button>
        </div>
      </div>
      {fault !== null && <Refused error={fault} />}
      {rows === null && fault === null && <p class="loading" role="status">{t("shell.loading")}</p>}
      {rows !== null && (
        <DataTable
          name={`trace-${table}`}
          caption={props.caption}
          columns={props.columns}
          rows={rows}
          rowKey={props.rowKey}
          total={total}
          onMore={rows.length < total ? more : undefined}
          detail={props.detail}
        />
      )}
    </div>
  );
}

const numbered =
  (start: number) =>
  <R,>(row: R, index: number): R => ({ ...row, n: start + index });
