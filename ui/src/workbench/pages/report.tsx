import { useState } from "preact/hooks";
import "../case/case.css";
import { announce } from "../announce";
import { api } from "../case/address";
import { Broken } from "../case/Broken";
import { Findings } from "../case/Findings";
import { HandOn } from "../case/HandOn";
import { Services } from "../case/Services";
import type { Glance, MadeFile, ReportSummary, Verified } from "../case/types";
import { useWork } from "../case/useWork";
import { Verification } from "../case/Verification";
import { WorkBox } from "../case/WorkBox";
import { download } from "../files";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { CheckField, SelectField, TextField } from "../parts/Field";
import { Hash } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Facts, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, to, useRoute } from "../router";
import { useSettings } from "../settings";
import { t, tOr } from "../texts";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";

export default function Report() {
  const name = useRoute().params.case ?? "";
  const glance = useGet<Glance>(api(name));
  return (
    <CasePage name={name} title={t("case.report.title")} lead={t("case.report.lead")}>
      <Loaded of={glance}>{(data) => <Body of={data} reload={glance.reload} />}</Loaded>
    </CasePage>
  );
}

function Body({ of, reload }: { of: Glance; reload: () => void }) {
  const name = of.case;
  const report = of.reports.at(-1);
  const summary = useGet<ReportSummary>(report ? api(name, "/report") : null, report && { of: report.entry });
  return (
    <>
      <Broken of={of.broken} />
      {of.broken === null && (
        <Section title={t("case.report.write")} note={t("case.report.write_note")}>
          {of.runs.length === 0 ? (
            <Empty action={<Link class="button" to={to("/case/:case", { case: name })}>{t("shell.case_nav.overview")}</Link>}>
              {t("case.report.no_run")}
            </Empty>
          ) : (
            <Write of={of} onDone={reload} />
          )}
        </Section>
      )}
      {report === undefined ? (
        <Empty>{t("case.report.none")}</Empty>
      ) : (
        <Loaded of={summary}>{(data) => <Written of={data} name={name} />}</Loaded>
      )}
      {report !== undefined && of.broken === null && (
        <Section title={t("case.hand.title")} note={t("case.hand.note")}><HandOn name={name} onDone={reload} /></Section>
      )}
    </>
  );
}

function Write({ of, onDone }: { of: Glance; onDone: () => void }) {
  const { language: spoken } = useSettings();
  const [language, setLanguage] = useState<string>(spoken);
  const [run, setRun] = useState("");
  const [headers, setHeaders] = useState("");
  const [more, setMore] = useState(false);
  const work = useWork<{ digest: string }>();
  const write = async (): Promise<void> => {
    const answer = await work.start(api(of.case, "/report"), {
      language,
      run: run === "" ? null : Number(run),
      headers_from: headers.trim() === "" ? null : Number(headers),
    });
    if (answer === null) return;
    announce(t("case.report.done"));
    onDone();
  };
  const wrong = headers.trim() !== "" && !/^\d{1,9}$/.test(headers.trim());
  return (
    <>
      <WorkBox work={work} label={t("shell.verb.case.report")} />
      <div class="fields">
        <SelectField
          label={t("case.report.language")}
          value={language}
          onChange={setLanguage}
          choices={[{ value: "en", label: "English" }, { value: "es", label: "Español" }]}
        />
        <SelectField
          label={t("case.report.run")}
          value={run}
          onChange={setRun}
          choices={[
            { value: "", label: t("case.report.last_run") },
            ...[...of.runs].reverse().map((row) => ({ value: String(row.entry), label: t("case.report.run_at", { entry: row.entry, height: row.tip_height }) })),
          ]}
        />
        {more && (
          <TextField
            label={t("case.report.headers")}
            hint={t("case.report.headers_hint")}
            value={headers}
            onInput={setHeaders}
            error={wrong ? t("case.run.not_whole", { least: 0 }) : null}
          />
        )}
      </div>
      <div class="form-actions">
        <Button primary disabled={work.busy || wrong} onClick={write}>{t("case.report.do")}</Button>
        <Button expanded={more} onClick={() => setMore(!more)}>{t("case.run.more")}</Button>
      </div>
    </>
  );
}

function Written({ of, name }: { of: ReportSummary; name: string }) {
  return (
    <>
      <Section title={t("case.report.made")}>
        {of.stale && <Notice kind="warning">{t("case.report.stale")}</Notice>}
        <Facts
          of={[
            { name: t("case.col.entry"), value: <Link to={to("/case/:case/journal", { case: name }, { entry: String(of.entry) })}>#{of.entry}</Link> },
            { name: t("case.col.time"), value: <Time utc={of.time_utc} /> },
            { name: t("case.report.run"), value: <Link to={to("/case/:case/journal", { case: name }, { entry: String(of.run) })}>#{of.run}</Link> },
            { name: t("case.col.tip"), value: formatCount(of.tip.height) },
            { name: t("case.col.digest"), value: <Hash text={of.digest} full copy /> },
          ]}
        />
        <Files of={of.files} name={name} />
      </Section>
      <Section title={t("case.verify.title")} note={t("case.verify.note")}><Verify name={name} /></Section>
      <div class="columns">
        <Section title={t("case.list.inflows")}><Services name={name} of={of.by_service.inflows} rules={of.rules} list="inflows" /></Section>
        <Section title={t("case.list.outflows")}><Services name={name} of={of.by_service.outflows} rules={of.rules} list="outflows" /></Section>
      </div>
      <Section title={t("case.findings.title")}><Findings name={name} report={of} /></Section>
      {of.sentences.length > 0 && (
        <Section title={t("case.doubts.title")} note={t("case.doubts.note")}>
          <ul class="brief">{of.sentences.map((sentence) => <li key={sentence}><bdi>{visible(sentence)}</bdi></li>)}</ul>
        </Section>
      )}
      {of.would_change.length > 0 && (
        <Section
          title={t("case.would_change.title")}
          note={t("case.would_change.note")}
          actions={<Link class="button" to={to("/case/:case/challenge", { case: name })}>{t("shell.case_nav.challenge")}</Link>}
        >
          <DataTable
            name={`${name}-would-change`}
            caption={t("case.would_change.title")}
            columns={changeColumns()}
            rows={of.would_change.map((row, index) => ({ ...row, index }))}
            rowKey={(row) => String(row.index)}
            plain
          />
        </Section>
      )}
    </>
  );
}

type Change = ReportSummary["would_change"][number] & { index: number };

function changeColumns(): Column<Change>[] {
  return [
    { id: "finding", title: t("case.col.finding"), cell: (row) => row.finding, key: (row) => row.finding },
    { id: "label", title: t("case.col.service"), cell: (row) => <bdi>{visible(row.label)}</bdi>, key: (row) => row.label },
    { id: "direction", title: t("case.col.direction"), cell: (row) => directionName(row.direction), key: (row) => directionName(row.direction) },
    { id: "was", title: t("case.col.was"), cell: (row) => <Amount sat={row.was_sat} />, key: (row) => row.was_sat, numeric: true },
    { id: "outcome", title: t("case.would_change.outcome"), cell: (row) => tOr(`report.outcome.${row.outcome}`, row.outcome), key: (row) => row.outcome },
    { id: "size", title: t("case.would_change.size"), cell: (row) => (row.size === null ? "–" : formatCount(row.size)), key: (row) => row.size ?? 0, numeric: true },
  ];
}

function directionName(direction: string | null): string {
  return direction === null ? "" : t(direction === "backward" ? "case.list.inflows" : "case.list.outflows");
}

const FIRST = ["report.pdf", "report.html", "report.json", "bundle.zip", "statement.docx", "digest.txt"];

function Files({ of, name }: { of: readonly MadeFile[]; name: string }) {
  const place = (file: MadeFile): number => {
    const at = FIRST.findIndex((each) => file.file.endsWith(each));
    return at < 0 ? FIRST.length : at;
  };
  const sorted = [...of].sort((a, b) => place(a) - place(b) || (a.file < b.file ? -1 : 1));
  return (
    <ul class="files" aria-label={t("case.files")}>
      {sorted.map((file) => (
        <li key={file.file}>
          <Button icon="download" disabled={file.size_bytes === null} onClick={() => download(name, file.file)}>
            {file.file.replace(/^.*\//, "")}
          </Button>
          <span class="quiet">
            {tOr(`case.file.${file.name}`, file.name)} ·{" "}
            {file.size_bytes === null ? t("case.copy.missing") : t("case.bytes", { count: formatCount(file.size_bytes) })}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Verify({ name }: { name: string }) {
  const [kernel, setKernel] = useState(false);
  const work = useWork<Verified>();
  const check = async (): Promise<void> => {
    const answer = await work.start(api(name, "/verify"), { kernel });
    if (answer !== null) announce(answer.ok ? t("case.verify.holds") : t("case.verify.fails_short"));
  };
  return (
    <>
      <CheckField label={t("case.verify.with_kernel")} hint={t("case.verify.with_kernel_hint")} checked={kernel} onChange={setKernel} />
      <div class="form-actions">
        <Button icon="ok" disabled={work.busy} onClick={check}>{t("case.verify.do")}</Button>
      </div>
      <WorkBox work={work} label={t("shell.verb.case.verify")} />
      {work.answer !== null && <Verification of={work.answer} />}
    </>
  );
}
