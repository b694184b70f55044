import "../case/case.css";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { api } from "../case/address";
import type { Disclosure as Schedule } from "../desk/types";
import { Loaded, useGet } from "../load";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { Facts } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, to, useRoute } from "../router";
import { t } from "../texts";

type Row = Schedule["entries"][number];

/** Everything that was done in the case, and to whom each piece was handed. */
export default function Disclosure() {
  const name = useRoute().params.case ?? "";
  const asked = useGet<Schedule>(api(name, "/disclosure"));
  const handed = (row: Row): string =>
    row.disclosed.map((d) => `#${d.entry} ${d.how}${d.to === null ? "" : ` → ${visible(d.to)}`}`).join("; ");
  const columns: Column<Row>[] = [
    { id: "entry", title: t("case.col.entry"), cell: (row) => <Link to={to("/case/:case/journal", { case: name }, { entry: String(row.entry) })}>#{row.entry}</Link>, key: (row) => row.entry },
    { id: "time", title: t("case.col.time"), cell: (row) => <Time utc={row.time_utc} />, key: (row) => row.time_utc },
    { id: "kind", title: t("desk.disclosure.kind"), cell: (row) => `${row.kind} ${row.id ?? ""}`, key: (row) => row.kind, choices: true },
    { id: "state", title: t("desk.disclosure.state"), cell: (row) => row.state, key: (row) => row.state, choices: true },
    { id: "what", title: t("case.col.of"), cell: (row) => <bdi>{visible(row.what)}</bdi>, key: (row) => row.what },
    { id: "against", title: t("desk.disclosure.against"), cell: (row) => (row.against ? t("desk.yes") : ""), key: (row) => (row.against ? 1 : 0), text: (row) => (row.against ? t("desk.yes") : "") },
    { id: "handed", title: t("desk.disclosure.handed"), cell: (row) => (handed(row) === "" ? t("desk.disclosure.nobody") : handed(row)), key: (row) => row.disclosed.length, text: handed },
  ];
  return (
    <CasePage name={name} title={t("desk.disclosure.title")} lead={t("desk.disclosure.lead")}>
      <Loaded of={asked}>
        {(of) => (
          <>
            <Facts
              of={[
                { name: t("desk.disclosure.entries"), value: formatCount(of.entries.length) },
                { name: t("desk.disclosure.undisclosed"), value: formatCount(of.undisclosed) },
                { name: t("desk.disclosure.not_standing"), value: formatCount(of.not_standing) },
              ]}
            />
            <DataTable name={`${name}-disclosure`} caption={t("desk.disclosure.title")} columns={columns} rows={of.entries} rowKey={(row) => String(row.entry)} />
          </>
        )}
      </Loaded>
    </CasePage>
  );
}
