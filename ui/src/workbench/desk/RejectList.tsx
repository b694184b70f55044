import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { get } from "../api";
import { api } from "../case/address";
import { Loaded, useGet } from "../load";
import { DataTable, type Column } from "../parts/DataTable";
import { t } from "../texts";
import type { Rejects } from "./types";

type Line = readonly string[];

/** The rows of a table or an answer that were not taken, with why. */
export function RejectList({ name, entry }: { name: string; entry: number }): JSX.Element {
  const path = api(name, `/tables/${entry}/rejects`);
  const asked = useGet<Rejects>(path);
  const [more, setMore] = useState<readonly Line[]>([]);
  useEffect(() => setMore([]), [asked.data]);
  return (
    <Loaded of={asked}>
      {(of) => {
        const rows = [...of.rows, ...more];
        const columns = of.columns.map((title, at): Column<Line> => ({
          id: title,
          title,
          cell: (row) => <bdi>{visible(row[at] ?? "")}</bdi>,
          key: (row) => (at === 0 ? Number(row[at]) : (row[at] ?? "")),
          ...(title === "problem" && { choices: true }),
        }));
        return (
          <DataTable
            name={`${name}-${entry}-rejects`}
            caption={t("desk.rejects")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.join("\t")}
            total={of.count}
            onMore={
              rows.length >= of.count
                ? undefined
                : async () => setMore([...more, ...(await get<Rejects>(path, { first: rows.length })).rows])
            }
            empty={t("desk.no_rejects")}
          />
        );
      }}
    </Loaded>
  );
}
