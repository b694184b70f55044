import { useState } from "preact/hooks";
import "../case/case.css";
import { formatBtc, formatCount, type Sat } from "../../shared/money";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { api } from "../case/address";
import { useWork } from "../case/useWork";
import { WorkBox } from "../case/WorkBox";
import { CoverCurve } from "../desk/CoverCurve";
import { Files } from "../desk/Files";
import type { Plan, RequestMade } from "../desk/types";
import { Loaded, useGet } from "../load";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { CheckField, SelectField, TextField } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { useRoute } from "../router";
import { useSettings } from "../settings";
import { t, tn } from "../texts";

const SHARES = ["0.5", "0.75", "0.9", "0.95", "0.99", "1"];

/** Whom to ask, in which order, and the schedules that go to them. */
export default function Requests() {
  const name = useRoute().params.case ?? "";
  const written = useGet<{ made: RequestMade[] }>(api(name, "/requests"));
  return (
    <CasePage name={name} title={t("desk.requests.title")} lead={t("desk.requests.lead")}>
      <Planner name={name} onWritten={written.reload} />
      <Section title={t("desk.requests.written")}>
        <Loaded of={written}>{({ made }) => <Written name={name} of={made} />}</Loaded>
      </Section>
    </CasePage>
  );
}

function Planner({ name, onWritten }: { name: string; onWritten: () => void }) {
  const { language } = useSettings();
  const [share, setShare] = useState("0.9");
  const [of, setOf] = useState("value");
  const [most, setMost] = useState("");
  const [anywhere, setAnywhere] = useState(false);
  const wrong = most !== "" && !/^[1-9]\d{0,4}$/.test(most);
  const plan = useGet<Plan>(wrong ? null : api(name, "/requests/plan"), { share, of, most: most || null, anywhere, language });
  return (
    <Section title={t("desk.requests.plan")} note={t("desk.requests.plan_note")}>
      <div class="fields">
        <SelectField label={t("desk.requests.share")} value={share} onChange={setShare} choices={SHARES.map((s) => ({ value: s, label: `${Math.round(Number(s) * 100)} %` }))} />
        <SelectField label={t("desk.requests.of")} value={of} onChange={setOf} choices={["value", "payers"].map((o) => ({ value: o, label: t(`desk.requests.of_${o}`) }))} />
        <TextField label={t("desk.requests.most")} value={most} onInput={setMost} error={wrong ? t("desk.requests.most_wrong") : null} />
      </div>
      <CheckField label={t("desk.requests.anywhere")} hint={t("desk.requests.anywhere_hint")} checked={anywhere} onChange={setAnywhere} />
      <Loaded of={plan}>{(data) => <Chosen key={data.services.join()} name={name} of={data} anywhere={anywhere} onWritten={onWritten} />}</Loaded>
    </Section>
  );
}

function Chosen({ name, of, anywhere, onWritten }: { name: string; of: Plan; anywhere: boolean; onWritten: () => void }) {
  const settings = useSettings();
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set(of.services));
  const [language, setLanguage] = useState<string>(settings.language);
  const [ask, setAsk] = useState("");
  const work = useWork<{ entry: number; files: string[] }>();
  const write = async (): Promise<void> => {
    const body = { services: [...ticked], near: anywhere ? null : 1, ask: ask.trim(), language };
    if ((await work.start(api(name, "/requests"), body)) !== null) {
      announce(t("desk.requests.done"));
      onWritten();
    }
  };
  return (
    <>
      <p role="status">
        {t(of.reached ? "desk.requests.covers" : "desk.requests.covers_less", {
          count: of.services.length,
          covered: weight(of, of.covered),
          weight: weight(of, of.weight),
        })}{" "}
        {of.proved ? t("desk.requests.proved") : t("desk.requests.at_least", { count: of.at_least })}
      </p>
      <CoverCurve name={name} of={of} />
      <DataTable
        name={`${name}-plan`}
        caption={t("desk.requests.plan")}
        columns={planColumns(of)}
        rows={of.steps}
        rowKey={(row) => row.entity}
        selected={ticked}
        onSelect={setTicked}
        plain={of.steps.length <= 20}
      />
      <div class="fields">
        <SelectField label={t("case.report.language")} value={language} onChange={setLanguage} choices={[{ value: "en", label: "English" }, { value: "es", label: "Español" }]} />
        <TextField label={t("desk.requests.ask")} hint={t("desk.requests.ask_hint")} value={ask} onInput={setAsk} rows={2} maxLength={4000} />
      </div>
      <div class="form-actions">
        <Button primary disabled={work.busy || ticked.size === 0} onClick={write}>{tn("desk.requests.write", ticked.size)}</Button>
      </div>
      <WorkBox work={work} label={t("shell.verb.requests.write")} />
      {work.answer !== null && <Notice kind="ok" title={t("desk.requests.done")}><Files name={name} files={work.answer.files} /></Notice>}
    </>
  );
}

function weight(of: Plan, sum: Sat): string {
  return of.of === "value" ? `${formatBtc(sum)} BTC` : formatCount(Number(sum));
}

function planColumns(of: Plan): Column<Plan["steps"][number]>[] {
  return [
    { id: "entity", title: t("case.col.party"), cell: (row) => row.entity, key: (row) => Number(row.entity.slice(1)), text: (row) => row.entity },
    { id: "label", title: t("case.col.service"), cell: (row) => <bdi>{visible(row.label)}</bdi>, key: (row) => row.label },
    { id: "adds", title: t("desk.requests.adds"), cell: (row) => weight(of, row.adds), key: (row) => row.adds, numeric: true },
    { id: "sum", title: t("desk.requests.sum"), cell: (row) => weight(of, row.sum), key: (row) => row.sum, numeric: true },
    { id: "share", title: t("desk.requests.share_of"), cell: (row) => row.share, key: (row) => row.sum, text: (row) => row.share, numeric: true },
    { id: "planned", title: t("desk.requests.planned"), cell: (row) => (row.planned ? t("desk.yes") : ""), key: (row) => (row.planned ? 1 : 0), text: (row) => (row.planned ? t("desk.yes") : "") },
  ];
}

function Written({ name, of }: { name: string; of: readonly RequestMade[] }) {
  type Row = RequestMade["services"][number] & { entry: number; time_utc: string; files: string[] };
  const rows = of.flatMap((made) =>
    made.services.map((service): Row => ({
      ...service,
      entry: made.entry,
      time_utc: made.time_utc,
      files: made.files.filter((file) => file.replace(/^.*\//, "").startsWith(`${service.entity}-`)),
    })),
  );
  const columns: Column<Row>[] = [
    { id: "entry", title: t("case.col.entry"), cell: (row) => `#${row.entry}`, key: (row) => row.entry },
    { id: "time", title: t("case.col.time"), cell: (row) => <Time utc={row.time_utc} />, key: (row) => row.time_utc },
    { id: "label", title: t("case.col.service"), cell: (row) => <bdi>{row.entity} {visible(row.label)}</bdi>, key: (row) => row.label },
    { id: "where", title: t("desk.requests.where"), cell: (row) => row.jurisdictions.join(", "), key: (row) => row.jurisdictions.join(", "), choices: true },
    { id: "count", title: t("case.col.payments"), cell: (row) => formatCount(row.rows), key: (row) => row.rows, numeric: true },
    { id: "files", title: t("case.files"), cell: (row) => <Files name={name} files={row.files} />, text: (row) => row.files.join(" ") },
  ];
  return <DataTable name={`${name}-requests`} caption={t("desk.requests.written")} columns={columns} rows={rows} rowKey={(row) => `${row.entry} ${row.entity}`} empty={t("desk.requests.none")} />;
}
