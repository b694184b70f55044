import "../case/case.css";
import { Broken } from "../case/Broken";
import { api } from "../case/address";
import { MovedNotice } from "../case/MovedNotice";
import { NextSteps } from "../case/NextSteps";
import { RunForm } from "../case/RunForm";
import { SeedsPart } from "../case/SeedsPart";
import { Services } from "../case/Services";
import type { Glance, ReportSummary, RunRow } from "../case/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { Hash } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Facts, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, to, useRoute } from "../router";
import { t, tn, tOr } from "../texts";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";

export default function Case() {
  const name = useRoute().params.case ?? "";
  const glance = useGet<Glance>(api(name));
  const titled = glance.data?.title || name;
  return (
    <CasePage
      name={name}
      title={titled}
      heading={<bdi>{visible(titled)}</bdi>}
      lead={glance.data && <bdi>{t("case.about_subject", { subject: visible(glance.data.subject) })}</bdi>}
    >
      <Loaded of={glance}>{(data) => <Overview of={data} reload={glance.reload} />}</Loaded>
    </CasePage>
  );
}

function Overview({ of, reload }: { of: Glance; reload: () => void }) {
  const { case: name } = of;
  const run = of.runs.at(-1);
  const report = of.reports.at(-1);
  const summary = useGet<ReportSummary>(report ? api(name, "/report") : null, report && { of: report.entry });
  const here = to("/case/:case", { case: name });
  return (
    <>
      <Broken of={of.broken} />
      <MovedNotice name={name} moved={of.moved} />
      {summary.data?.stale && (
        <Notice kind="warning">
          {t("case.report.stale")} <Link to={`${here}/report`}>{t("case.report.anew")}</Link>
        </Notice>
      )}
      {run !== undefined && <Totals run={run} />}
      <div class="columns">
        <Section title={t("case.steps")}><NextSteps of={of} /></Section>
        <Section title={t("case.seeds.title")}><SeedsPart of={of} onChange={reload} /></Section>
      </div>
      {report !== undefined && (
        <>
          <Loaded of={summary}>
            {(data) => (
              <div class="columns">
                <Section title={t("case.list.inflows")} note={t("case.services.in_note")}>
                  <Services name={name} of={data.by_service.inflows} rules={data.rules} list="inflows" />
                </Section>
                <Section title={t("case.list.outflows")} note={t("case.services.out_note")}>
                  <Services name={name} of={data.by_service.outflows} rules={data.rules} list="outflows" />
                </Section>
              </div>
            )}
          </Loaded>
        </>
      )}
      {of.broken === null && (
        <Section title={t("case.run.title")} note={t("case.run.note")}>
          {of.seeds.length === 0 && run === undefined ? (
            <Empty>{t("case.run.no_seeds")}</Empty>
          ) : (
            <RunForm name={name} onDone={reload} first={run === undefined} />
          )}
        </Section>
      )}
      {of.runs.length > 0 && (
        <Section title={t("case.runs")}>
          <DataTable name={`${name}-runs`} caption={t("case.runs")} columns={runColumns(name)} rows={of.runs} rowKey={(r) => String(r.entry)} plain />
        </Section>
      )}
      <Hypotheses of={of} />
      <Section title={t("case.record")} actions={<Link class="button" to={`${here}/journal`}>{t("shell.case_nav.journal")}</Link>}>
        <Facts
          of={[
            { name: t("case.col.network"), value: of.network },
            { name: t("case.col.entries"), value: formatCount(of.entries) },
            { name: t("case.col.undone"), value: formatCount(of.undone) },
            { name: t("case.col.first"), value: <Time utc={of.first_utc} /> },
            { name: t("case.col.last"), value: <Time utc={of.last_utc} /> },
            { name: t("case.col.last_hash"), value: of.last_hash === null ? "–" : <Hash text={of.last_hash} copy /> },
            ...(report ? [{ name: t("case.col.digest"), value: <Hash text={report.digest} copy /> }] : []),
            ...Object.entries(of.made).map(([kind, count]) => ({
              name: tOr(`case.made.${kind.replace(/^decided: /, "decided_").replaceAll(" ", "_")}`, kind),
              value: formatCount(count),
            })),
          ]}
        />
      </Section>
    </>
  );
}

function Totals({ run }: { run: RunRow }) {
  const { totals } = run;
  const sums = [
    { name: t("case.total.received"), sat: totals.received_sat, fiat: totals.fiat, note: tn("case.total.receipts", totals.receipts) },
    { name: t("case.total.inflow"), sat: totals.inflow_sat, note: t("case.total.by_rule", { rule: ruleName(run) }) },
    { name: t("case.total.outflow"), sat: totals.outflow_sat, note: t("case.total.by_rule", { rule: ruleName(run) }) },
    { name: t("case.total.internal"), sat: totals.internal_sat, note: t("case.total.internal_note") },
  ];
  return (
    <dl class="totals">
      {sums.map((sum) => (
        <div key={sum.name} class="total">
          <dt>{sum.name}</dt>
          <dd><Amount sat={sum.sat} fiat={sum.fiat} copy /></dd>
          <dd class="quiet">{sum.note}</dd>
        </div>
      ))}
    </dl>
  );
}

function ruleName(run: RunRow): string {
  const rule = run.rules[0] ?? "";
  return tOr(`report.rule.${rule}`, rule);
}

function runColumns(name: string): Column<RunRow>[] {
  return [
    {
      id: "entry",
      title: t("case.col.entry"),
      cell: (row) => <Link to={to("/case/:case/journal", { case: name }, { entry: String(row.entry) })}>#{row.entry}</Link>,
      key: (row) => row.entry,
    },
    { id: "time", title: t("case.col.time"), cell: (row) => <Time utc={row.time_utc} />, key: (row) => row.time_utc },
    { id: "tip", title: t("case.col.tip"), cell: (row) => formatCount(row.tip_height), key: (row) => row.tip_height, numeric: true },
    { id: "seeds", title: t("case.col.seeds"), cell: (row) => formatCount(row.seeds.length), key: (row) => row.seeds.length, numeric: true },
    { id: "rules", title: t("case.col.rules"), cell: (row) => row.rules.map((rule) => tOr(`report.rule.${rule}`, rule)).join(", ") },
    { id: "as_of", title: t("case.col.as_of"), cell: (row) => (row.as_of === null ? t("case.col.all_tags") : <Time utc={row.as_of} />) },
    { id: "received", title: t("case.total.received"), cell: (row) => <Amount sat={row.totals.received_sat} fiat={row.totals.fiat} />, key: (row) => row.totals.received_sat, numeric: true },
    { id: "in", title: t("case.total.inflow"), cell: (row) => <Amount sat={row.totals.inflow_sat} />, key: (row) => row.totals.inflow_sat, numeric: true },
    { id: "out", title: t("case.total.outflow"), cell: (row) => <Amount sat={row.totals.outflow_sat} />, key: (row) => row.totals.outflow_sat, numeric: true },
  ];
}

function Hypotheses({ of }: { of: Glance }) {
  const page = to("/case/:case/notes", { case: of.case });
  return (
    <Section title={t("case.hypotheses")} actions={<Link class="button" to={page}>{t("case.notes.to")}</Link>}>
      {of.hypotheses.length === 0 ? (
        <Empty>{t("case.hypotheses_none")}</Empty>
      ) : (
        <ul class="brief">
          {of.hypotheses.map((h) => (
            <li key={h.id}>
              <Link to={to("/case/:case/notes", { case: of.case }, { h: h.id })}>{h.id}</Link>{" "}
              <bdi>{visible(h.text)}</bdi>{" "}
              <span class="quiet">{t("case.evidence.counts", { for: h.for.length, against: h.against.length })}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
