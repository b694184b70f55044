import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { DataTable, type Column } from "../parts/DataTable";
import { ServiceLink } from "../parts/Hash";
import { Time } from "../parts/Time";
import { Link } from "../router";
import { t } from "../texts";
import type { Destination, TraceAnswer } from "./answer";
import { btcCell, endName, ruleName, typeName } from "./names";
import { endKey } from "./sums";

const BASES: Record<string, string> = { service: "assertion", mixer: "assertion", coinjoin: "inference", unspent: "scan", unresolved: "scan" };

/** What each rule leaves at each service and kind of end. */
export function DestinationTable({ answer, paths }: { answer: TraceAnswer; paths: (row: Destination) => string | null }): JSX.Element {
  const currency = answer.fiat?.currency;
  const columns: Column<Destination>[] = [
    {
      id: "end",
      title: answer.direction === "forward" ? t("trace.table.destination") : t("trace.table.origin"),
      cell: (row) =>
        row.party !== null ? <ServiceLink party={row.party} label={row.label} /> : <bdi>{endName(row)}</bdi>,
      key: endName,
    },
    { id: "type", title: t("trace.table.type"), cell: (row) => typeName(row.type), key: (row) => typeName(row.type), choices: true },
    {
      id: "category",
      title: t("trace.table.category"),
      cell: (row) => visible(row.category ?? ""),
      key: (row) => row.category,
    },
    { id: "basis", title: t("trace.table.basis"), cell: (row) => <Basis of={basisOf(row)} />, text: basisOf },
    ...answer.rules.map((rule): Column<Destination> => ({
      id: rule.rule,
      title: `${ruleName(rule.rule)}, BTC`,
      numeric: true,
      cell: (row) => (
        <Amount bare sat={row.traced_sat[rule.rule] ?? 0} />
      ),
      key: (row) => BigInt(row.traced_sat[rule.rule] ?? 0),
      text: (row) => btcCell(row.traced_sat[rule.rule] ?? 0),
    })),
    ...(currency === undefined
      ? []
      : answer.rules.slice(0, 1).map((rule): Column<Destination> => ({
          id: "fiat",
          title: t("trace.table.worth", { currency, rule: ruleName(rule.rule) }),
          numeric: true,
          cell: (row) => row.fiat?.[rule.rule] ?? "–",
          key: (row) => (row.fiat?.[rule.rule] === undefined ? null : { decimal: row.fiat[rule.rule] ?? "0" }),
        }))),
    { id: "outputs", title: t("trace.table.outputs"), numeric: true, cell: (row) => row.outputs, key: (row) => row.outputs },
    {
      id: "first",
      title: t("trace.table.first"),
      cell: (row) => (row.first_utc === null ? "" : <Time utc={row.first_utc} bare day />),
      key: (row) => row.first_utc,
    },
    {
      id: "last",
      title: t("trace.table.last"),
      cell: (row) => (row.last_utc === null ? "" : <Time utc={row.last_utc} bare day />),
      key: (row) => row.last_utc,
    },
    {
      id: "paths",
      title: t("trace.table.paths"),
      cell: (row) => {
        const to = paths(row);
        return to === null ? "" : <Link to={to}>{t("trace.table.show_paths")}</Link>;
      },
      text: () => null,
    },
  ];
  return (
    <DataTable
      name="trace-destinations"
      caption={t("trace.table.caption")}
      columns={columns}
      rows={answer.destinations}
      rowKey={endKey}
      initial={{ by: answer.rules[0]?.rule ?? "end", descending: true }}
    />
  );
}

function basisOf(row: Destination): string {
  return BASES[row.type] ?? "fact";
}
