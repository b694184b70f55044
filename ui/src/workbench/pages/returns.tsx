import { useState } from "preact/hooks";
import "../case/case.css";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { api } from "../case/address";
import { useWork } from "../case/useWork";
import { WorkBox } from "../case/WorkBox";
import { Columns, guessed } from "../desk/Columns";
import { People } from "../desk/People";
import { RejectList } from "../desk/RejectList";
import { TakeIn, type Taken } from "../desk/TakeIn";
import type { Mismatch, RequestMade, ReturnMade } from "../desk/types";
import { Loaded, useGet } from "../load";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { SelectField, TextField } from "../parts/Field";
import { OutpointLink } from "../parts/Hash";
import { Facts, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { useRoute } from "../router";
import { t, tOr } from "../texts";

const FIELDS = ["account", "txid", "vout", "outpoint", "address", "amount", "time", "name", "birth_date", "email", "document", "country"];
const GRADES = ["A", "B", "C", "D", "E", "F"].flatMap((source) => [1, 2, 3, 4, 5, 6].map((content) => `${source}${content}`));

/** What services answered: taken in, held against what was asked, and whom it names. */
export default function Returns() {
  const name = useRoute().params.case ?? "";
  const returns = useGet<{ returns: ReturnMade[] }>(api(name, "/returns"));
  const requests = useGet<{ made: RequestMade[] }>(api(name, "/requests"));
  const [round, setRound] = useState(0);
  const reload = (): void => {
    returns.reload();
    setRound(round + 1);
  };
  return (
    <CasePage name={name} title={t("desk.returns.title")} lead={t("desk.returns.lead")}>
      <Section title={t("desk.returns.take_in")}>
        <Loaded of={requests}>{({ made }) => <NewReturn name={name} of={made} onTaken={reload} />}</Loaded>
      </Section>
      <Loaded of={returns}>{({ returns: of }) => <>{[...of].reverse().map((made) => <OneReturn key={made.entry} name={name} of={made} />)}</>}</Loaded>
      <People key={round} name={name} />
    </CasePage>
  );
}

function NewReturn({ name, of, onTaken }: { name: string; of: readonly RequestMade[]; onTaken: () => void }) {
  const asked = new Map(of.flatMap((made) => made.services.map((s) => [s.entity, s.label] as const)));
  const [service, setService] = useState("");
  const [grade, setGrade] = useState("B2");
  const [unit, setUnit] = useState("btc");
  const [decimal, setDecimal] = useState(".");
  const [zone, setZone] = useState("+00:00");
  const [format, setFormat] = useState("");
  const [taken, setTaken] = useState<Taken | null>(null);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const work = useWork<ReturnMade>();
  const fields = FIELDS.map((field) => ({ field, label: tOr(`desk.field.${field}`, field), required: field === "account" }));
  if (asked.size === 0) return <p>{t("desk.returns.ask_first")}</p>;
  const take = async (): Promise<void> => {
    if (taken === null) return;
    const body = { upload: taken.sent.upload, service, grade, mapping, unit, decimal, zone, time_format: format.trim() };
    const made = await work.start(api(name, "/returns"), body);
    if (made !== null) {
      announce(t("desk.returns.done", { linked: made.counts.linked, rows: made.counts.rows }));
      setTaken(null);
      onTaken();
    }
  };
  return (
    <>
      <div class="fields">
        <SelectField label={t("case.col.service")} required value={service} onChange={setService} choices={[{ value: "", label: t("desk.choose") }, ...[...asked].map(([value, label]) => ({ value, label: `${value} ${visible(label)}` }))]} />
        <SelectField label={t("desk.returns.grade")} hint={t("desk.returns.grade_hint")} value={grade} onChange={setGrade} choices={GRADES.map((g) => ({ value: g, label: g }))} />
      </div>
      <TakeIn
        label={t("desk.returns.file")}
        hint={t("desk.returns.file_hint")}
        onTaken={(got) => {
          setTaken(got);
          setMapping(got === null ? {} : guessed(got.preview, fields, {}));
        }}
      />
      {taken !== null && (
        <>
          <Columns of={taken.preview} fields={fields} mapping={mapping} onChange={setMapping} />
          <div class="fields">
            <SelectField label={t("desk.returns.unit")} value={unit} onChange={setUnit} choices={["btc", "sat"].map((u) => ({ value: u, label: u === "btc" ? "BTC" : "sat" }))} />
            <SelectField label={t("desk.returns.decimal")} value={decimal} onChange={setDecimal} choices={[".", ","].map((sign) => ({ value: sign, label: sign }))} />
            <TextField label={t("desk.returns.zone")} hint={t("desk.returns.zone_hint")} value={zone} onInput={setZone} maxLength={10} code />
            <TextField label={t("desk.returns.format")} hint={t("desk.returns.format_hint")} value={format} onInput={setFormat} maxLength={60} code />
          </div>
        </>
      )}
      <div class="form-actions">
        <Button primary disabled={taken === null || service === "" || mapping.account === undefined || work.busy} onClick={take}>{t("desk.returns.do")}</Button>
      </div>
      <WorkBox work={work} label={t("shell.verb.returns.import")} />
    </>
  );
}

function OneReturn({ name, of }: { name: string; of: ReturnMade }) {
  const [open, setOpen] = useState(false);
  const columns: Column<Mismatch>[] = [
    { id: "row", title: t("desk.row"), cell: (row) => row.row ?? "–", key: (row) => row.row ?? 0, numeric: true },
    { id: "kind", title: t("desk.returns.amiss"), cell: (row) => tOr(`desk.mismatch.${row.kind}`, row.kind), key: (row) => tOr(`desk.mismatch.${row.kind}`, row.kind), choices: true },
    { id: "finding", title: t("case.col.finding"), cell: (row) => row.finding, key: (row) => row.finding },
    { id: "outpoint", title: t("case.col.output"), cell: (row) => (row.outpoint === "" ? "–" : <OutpointLink outpoint={row.outpoint} />), key: (row) => row.outpoint },
    { id: "told", title: t("desk.returns.told"), cell: (row) => <bdi>{visible(String(row.told ?? ""))}</bdi>, key: (row) => String(row.told ?? "") },
    { id: "expected", title: t("desk.returns.expected"), cell: (row) => <bdi>{visible(String(row.expected ?? ""))}</bdi>, key: (row) => String(row.expected ?? "") },
  ];
  return (
    <Section title={t("desk.returns.one", { entry: of.entry, service: `${of.service.entity} ${visible(of.service.label)}` })}>
      <Facts
        of={[
          { name: t("case.col.time"), value: <Time utc={of.time_utc} /> },
          { name: t("desk.returns.grade"), value: of.grade },
          { name: t("desk.table.rows"), value: `${formatCount(of.counts.rows)} (${t("desk.returns.rejected", { count: of.counts.rejected })})` },
          { name: t("desk.returns.linked"), value: formatCount(of.counts.linked) },
          { name: t("desk.returns.agree"), value: formatCount(of.counts.agree) },
          { name: t("desk.returns.accounts"), value: formatCount(of.counts.accounts) },
        ]}
      />
      <DataTable name={`${name}-${of.entry}-mismatches`} caption={t("desk.returns.mismatches")} columns={columns} rows={of.mismatches} rowKey={(row) => `${row.row} ${row.outpoint} ${row.kind} ${row.finding}`} empty={t("desk.returns.no_mismatches")} />
      {of.counts.rejected > 0 && <Button expanded={open} onClick={() => setOpen(!open)}>{t("desk.show_rejects")}</Button>}
      {open && <RejectList name={name} entry={of.entry} />}
    </Section>
  );
}
