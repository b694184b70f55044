import type { JSX } from "preact";
import { Amount } from "../parts/Amount";
import { DataTable, type Column } from "../parts/DataTable";
import { Link, to } from "../router";
import { t, tOr } from "../texts";
import { visible } from "../../shared/text";
import { formatCount, type Sat } from "../../shared/money";
import type { ServiceSum } from "./types";

/** What came from services, or went to them, one row a service and a column a rule. */
export function Services(props: {
  name: string;
  of: readonly ServiceSum[];
  rules: readonly string[];
  list: "inflows" | "outflows";
}): JSX.Element {
  const { name, of, rules, list } = props;
  const first = rules[0] ?? "";
  const columns: Column<ServiceSum>[] = [
    {
      id: "service",
      title: t("case.col.service"),
      cell: (row) => (
        <Link to={to("/case/:case/report", { case: name }, { list, party: row.entity })}>
          <bdi>{visible(row.label)}</bdi>
        </Link>
      ),
      key: (row) => row.label,
    },
    { id: "party", title: t("case.col.party"), cell: (row) => row.entity, key: (row) => row.entity },
    { id: "count", title: t("case.col.payments"), cell: (row) => formatCount(row.count), key: (row) => row.count, numeric: true },
    ...rules.map((rule): Column<ServiceSum> => ({
      id: rule,
      title: tOr(`report.rule.${rule}`, rule),
      cell: (row) => <Amount sat={row.traced_sat[rule] as Sat} {...(rule === first && { fiat: row.fiat })} />,
      key: (row) => row.traced_sat[rule] ?? 0,
      numeric: true,
    })),
  ];
  return (
    <DataTable
      name={`${name}-${list}-by-service`}
      caption={t(`case.list.${list}`)}
      columns={columns}
      rows={of}
      rowKey={(row) => row.entity}
      initial={{ by: first, descending: true }}
      empty={t("case.services.none")}
      plain={of.length <= 12}
    />
  );
}
