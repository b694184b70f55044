import { useState } from "preact/hooks";
import "../case/case.css";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { api } from "../case/address";
import { useWork } from "../case/useWork";
import { WorkBox } from "../case/WorkBox";
import { Files } from "../desk/Files";
import { TakeIn, type Taken } from "../desk/TakeIn";
import type { Made, Schedule } from "../desk/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { AddressLink, OutpointLink } from "../parts/Hash";
import { Facts, Section } from "../parts/Page";
import { useRoute } from "../router";
import { t, tOr } from "../texts";

/** What of the case's money is left where, under every rule: the schedule for a court. */
export default function Forfeiture() {
  const name = useRoute().params.case ?? "";
  const made = useGet<{ made: Made[] }>(api(name, "/made/forfeiture"));
  return (
    <CasePage name={name} title={t("desk.left.title")} lead={t("desk.left.lead")}>
      <Section title={t("desk.left.make")} note={t("desk.left.make_note")}><Make name={name} onMade={made.reload} /></Section>
      <Loaded of={made}>
        {({ made: of }) => {
          const last = of.at(-1);
          return last === undefined ? <Empty>{t("desk.left.none")}</Empty> : <Last key={last.entry} name={name} of={last} />;
        }}
      </Loaded>
    </CasePage>
  );
}

function Make({ name, onMade }: { name: string; onMade: () => void }) {
  const [taken, setTaken] = useState<Taken | null>(null);
  const work = useWork<{ entry: number }>();
  const make = async (): Promise<void> => {
    const answer = await work.start(api(name, "/forfeiture"), { claimants: taken?.sent.upload ?? null });
    if (answer !== null) {
      announce(t("desk.left.done", { entry: answer.entry }));
      onMade();
    }
  };
  return (
    <>
      <TakeIn label={t("desk.left.claimants")} hint={t("desk.left.claimants_hint")} onTaken={setTaken} />
      <div class="form-actions"><Button primary disabled={work.busy} onClick={make}>{t("desk.left.do")}</Button></div>
      <WorkBox work={work} label={t("shell.verb.case.forfeiture")} />
    </>
  );
}

function Last({ name, of }: { name: string; of: Made }) {
  const schedule = useGet<Schedule>(api(name, `/made/forfeiture/${of.entry}`));
  return (
    <Section title={t("desk.left.schedule", { entry: of.entry })} actions={<Files name={name} files={of.files} />}>
      <Loaded of={schedule}>{(data) => <Tables name={name} of={data} />}</Loaded>
    </Section>
  );
}

type Held = Schedule["unspent"][number];
type Where = Schedule["where"][number];
type Account = Schedule["accounts"][number];

function Tables({ name, of }: { name: string; of: Schedule }) {
  const first = of.rules[0] ?? "";
  const byRule = <R extends { traced_sat: Record<string, number | bigint>; fiat: Record<string, string> }>(): Column<R>[] =>
    of.rules.map((rule) => ({
      id: rule,
      title: `${tOr(`report.rule.${rule}`, rule)} (BTC)`,
      cell: (row) => <Amount sat={row.traced_sat[rule]} bare {...(rule === first && { fiat: row.fiat })} />,
      key: (row) => row.traced_sat[rule] ?? 0,
      numeric: true,
    }));
  const bounds = <R extends { least_sat: number | bigint; most_sat: number | bigint }>(): Column<R>[] => [
    { id: "least", title: t("desk.left.least"), cell: (row) => <Amount sat={row.least_sat} bare />, key: (row) => row.least_sat, numeric: true },
    { id: "most", title: t("desk.left.most"), cell: (row) => <Amount sat={row.most_sat} bare />, key: (row) => row.most_sat, numeric: true },
  ];
  const where: Column<Where>[] = [
    { id: "label", title: t("desk.left.where"), cell: (row) => <bdi>{visible(row.label || tOr(`report.terminal.${row.type}`, row.type))}</bdi>, key: (row) => row.label || row.type },
    { id: "type", title: t("desk.left.type"), cell: (row) => tOr(`report.terminal.${row.type}`, row.type), key: (row) => tOr(`report.terminal.${row.type}`, row.type), choices: true },
    ...byRule<Where>(),
    ...bounds<Where>(),
  ];
  const unspent: Column<Held>[] = [
    { id: "id", title: "Id", cell: (row) => row.id, key: (row) => Number(row.id.slice(1)), text: (row) => row.id },
    { id: "outpoint", title: t("case.col.output"), cell: (row) => <OutpointLink outpoint={row.outpoint} />, key: (row) => row.outpoint },
    { id: "address", title: t("case.col.address"), cell: (row) => (row.address === null ? "–" : <AddressLink address={row.address} />), key: (row) => row.address ?? "" },
    { id: "held", title: t("desk.left.held_by"), cell: (row) => row.held_by ?? t("desk.left.unknown"), key: (row) => row.held_by ?? "", choices: true },
    { id: "value", title: `${t("case.col.value")} (BTC)`, cell: (row) => <Amount sat={row.value_sat} bare />, key: (row) => row.value_sat, numeric: true },
    ...byRule<Held>().slice(0, 1),
    ...bounds<Held>(),
  ];
  const accounts: Column<Account>[] = [
    { id: "id", title: "Id", cell: (row) => row.id, key: (row) => Number(row.id.slice(1)), text: (row) => row.id },
    { id: "label", title: t("case.col.service"), cell: (row) => <bdi>{visible(row.label)}</bdi>, key: (row) => row.label, choices: true },
    { id: "address", title: t("case.col.address"), cell: (row) => (row.address === null ? "–" : <AddressLink address={row.address} />), key: (row) => row.address ?? "" },
    { id: "payments", title: t("case.col.payments"), cell: (row) => formatCount(row.payments), key: (row) => row.payments, numeric: true },
    { id: "holders", title: t("desk.left.holders"), cell: (row) => [...new Set(row.holders.map((h) => h.person))].join(" "), key: (row) => row.holders.length, text: (row) => [...new Set(row.holders.map((h) => h.person))].join(" ") },
    ...byRule<Account>().slice(0, 1),
  ];
  return (
    <>
      <Facts
        of={[
          { name: t("desk.left.seeds"), value: <Amount sat={of.seeds_sat} copy /> },
          { name: t("desk.left.subject"), value: <Amount sat={of.totals.subject_unspent_sat} copy /> },
          { name: t("desk.left.others"), value: <Amount sat={of.totals.others_unspent_sat[first]} /> },
          { name: t("desk.left.services"), value: <Amount sat={of.totals.services_sat[first]} /> },
          { name: t("desk.left.elsewhere"), value: <Amount sat={of.totals.elsewhere_sat[first]} /> },
        ]}
      />
      <DataTable name={`${name}-where`} caption={t("desk.left.where")} columns={where} rows={of.where} rowKey={(row) => `${row.type} ${row.entity ?? row.label}`} initial={{ by: first, descending: true }} />
      <h3>{t("desk.left.unspent")}</h3>
      <DataTable name={`${name}-unspent`} caption={t("desk.left.unspent")} columns={unspent} rows={of.unspent} rowKey={(row) => row.id} />
      <h3>{t("desk.left.accounts")}</h3>
      <DataTable name={`${name}-accounts`} caption={t("desk.left.accounts")} columns={accounts} rows={of.accounts} rowKey={(row) => row.id} />
    </>
  );
}
