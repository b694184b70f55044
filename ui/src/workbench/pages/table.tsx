import { useState } from "preact/hooks";
import "../case/case.css";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { api } from "../case/address";
import { useWork } from "../case/useWork";
import { WorkBox } from "../case/WorkBox";
import { Columns, guessed } from "../desk/Columns";
import { Files } from "../desk/Files";
import { RejectList } from "../desk/RejectList";
import { TakeIn, type Taken } from "../desk/TakeIn";
import type { Payers, TableMade } from "../desk/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { CheckField } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { Facts, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { useRoute } from "../router";
import { t, tOr } from "../texts";

const ALSO = { user: ["user_id", "userid", "nick", "name", "account", "usuario"], address: ["btc_address", "bitcoin_address", "deposit_address", "wallet", "dirección", "direccion"] };

/** A seized table of users, joined with the chain: who paid, and what is amiss with the rows. */
export default function SeizedTable() {
  const name = useRoute().params.case ?? "";
  const joined = useGet<{ made: TableMade[] }>(api(name, "/tables"));
  return (
    <CasePage name={name} title={t("desk.table.title")} lead={t("desk.table.lead")}>
      <Section title={t("desk.table.join")} note={t("desk.table.join_note")}><Join name={name} onJoined={joined.reload} /></Section>
      <Loaded of={joined}>
        {({ made }) => (
          <>
            {[...made].reverse().map((table) => <Joined key={table.entry} name={name} of={table} />)}
          </>
        )}
      </Loaded>
    </CasePage>
  );
}

function Join({ name, onJoined }: { name: string; onJoined: () => void }) {
  const [taken, setTaken] = useState<Taken | null>(null);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const [complete, setComplete] = useState(false);
  const work = useWork<{ entry: number }>();
  const fields = ["user", "address"].map((field) => ({ field, label: t(`desk.table.${field}`), required: true }));
  const ready = taken !== null && fields.every(({ field }) => mapping[field] !== undefined);
  const join = async (): Promise<void> => {
    if (taken === null) return;
    const body = { upload: taken.sent.upload, mapping, certified_complete: complete };
    const made = await work.start(api(name, "/tables"), body);
    if (made !== null) {
      announce(t("desk.table.done", { entry: made.entry }));
      setTaken(null);
      onJoined();
    }
  };
  return (
    <>
      <TakeIn
        label={t("desk.table.file")}
        hint={t("desk.table.file_hint")}
        onTaken={(got) => {
          setTaken(got);
          setMapping(got === null ? {} : guessed(got.preview, fields, ALSO));
        }}
      />
      {taken !== null && <Columns of={taken.preview} fields={fields} mapping={mapping} onChange={setMapping} />}
      <CheckField label={t("desk.table.complete")} hint={t("desk.table.complete_hint")} checked={complete} onChange={setComplete} />
      <div class="form-actions"><Button primary disabled={!ready || work.busy} onClick={join}>{t("desk.table.do")}</Button></div>
      <WorkBox work={work} label={t("shell.verb.tables.join")} />
    </>
  );
}

function Joined({ name, of }: { name: string; of: TableMade }) {
  const { table, totals, cluster } = of;
  const [open, setOpen] = useState(false);
  const problems = Object.entries(table.problems);
  return (
    <Section title={t("desk.table.joined", { entry: of.entry })} actions={<Files name={name} files={of.files} />}>
      <Facts
        of={[
          { name: t("case.col.time"), value: <Time utc={of.time_utc} /> },
          { name: t("desk.table.rows"), value: formatCount(table.rows) },
          { name: t("desk.table.users"), value: formatCount(table.users) },
          { name: t("desk.table.in_chain"), value: formatCount(totals.addresses_in_chain) },
          { name: t("desk.table.paid"), value: formatCount(totals.users_paid) },
          { name: t("desk.table.receipts"), value: formatCount(totals.receipts) },
          { name: t("desk.table.received"), value: <Amount sat={totals.received_sat} copy /> },
          ...(cluster === null
            ? []
            : [
                { name: t("desk.table.recall"), value: `${formatCount(cluster.found)} / ${formatCount(cluster.of)} (${cluster.recall ?? "–"})` },
                { name: t("desk.table.not_in_table"), value: formatCount(cluster.not_in_table) },
              ]),
        ]}
      />
      {problems.length > 0 && (
        <Notice kind="warning" title={t("desk.rejects")}>
          <ul class="brief">{problems.map(([problem, count]) => <li key={problem}>{tOr(`desk.problem.${problem}`, problem)}: {formatCount(count)}</li>)}</ul>
          <Button expanded={open} onClick={() => setOpen(!open)}>{t("desk.show_rejects")}</Button>
        </Notice>
      )}
      {open && <RejectList name={name} entry={of.entry} />}
      <WhoPaid name={name} entry={of.entry} />
    </Section>
  );
}

function WhoPaid({ name, entry }: { name: string; entry: number }) {
  const work = useWork<Payers>();
  const ask = (names: boolean): Promise<unknown> => work.start(api(name, "/tables/payers"), { entry, names });
  type Row = Payers["payers"][number];
  const named = work.answer?.payers[0]?.user !== undefined;
  const columns: Column<Row>[] = [
    { id: "ref", title: t("desk.person"), cell: (row) => row.ref, key: (row) => Number(row.ref.slice(1)), text: (row) => row.ref },
    ...(named ? [{ id: "user", title: t("desk.table.user"), cell: (row: Row) => <bdi>{visible(row.user ?? "")}</bdi>, key: (row: Row) => row.user ?? "" }] : []),
    { id: "receipts", title: t("desk.table.receipts"), cell: (row) => formatCount(row.receipts), key: (row) => row.receipts, numeric: true },
    { id: "value", title: `${t("case.col.value")} (BTC)`, cell: (row) => <Amount sat={row.value_sat} bare />, key: (row) => row.value_sat, numeric: true },
    { id: "first", title: t("desk.first"), cell: (row) => <Time utc={row.first_utc} />, key: (row) => row.first_utc },
    { id: "last", title: t("desk.last"), cell: (row) => <Time utc={row.last_utc} />, key: (row) => row.last_utc },
  ];
  return (
    <>
      <div class="form-actions">
        <Button disabled={work.busy} onClick={() => ask(false)}>{t("desk.table.who")}</Button>
        <Button disabled={work.busy} onClick={() => ask(true)}>{t("desk.table.who_named")}</Button>
      </div>
      <p class="quiet">{t("desk.personal")}</p>
      <WorkBox work={work} label={t("shell.verb.tables.payers")} />
      {work.answer !== null && (
        <DataTable name={`${name}-${entry}-payers`} caption={t("desk.table.who")} columns={columns} rows={work.answer.payers} rowKey={(row) => row.ref} initial={{ by: "value", descending: true }} total={work.answer.payers_count} empty={t("desk.table.nobody")} />
      )}
    </>
  );
}
