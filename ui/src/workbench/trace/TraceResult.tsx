import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Amount } from "../parts/Amount";
import { DataTable } from "../parts/DataTable";
import { SelectField } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { Section } from "../parts/Page";
import { Tabs } from "../parts/Tabs";
import { Link, useRoute } from "../router";
import { t } from "../texts";
import { visible } from "../../shared/text";
import type { Destination, TraceAnswer } from "./answer";
import { Cumulative } from "./Cumulative";
import { DestinationTable } from "./DestinationTable";
import { btcCell, ruleName, typeName } from "./names";
import { fromQuery, lines, toQuery, words, type Question } from "./question";
import { Holdings, Hops, SeedRows, Terminals } from "./RowTables";
import { Sankey } from "./Sankey";
import { Conservation, Poison, Walked } from "./Summary";
import { Partly } from "./Working";

/** The answer of a trace: sums, table, bands, curves, rows, and the ways on from there. */
export function TraceResult({ answer, job }: { answer: TraceAnswer; job: string }): JSX.Element {
  const { query } = useRoute();
  const question = fromQuery(query);
  const [rule, setRule] = useState(answer.rules[0]?.rule ?? "");
  const [tab, setTab] = useState("destinations");
  const flow = answer.parties.find((each) => each.rule === rule);
  const counts = answer.kept.counts;
  const choice = answer.rules.length > 1 && (
    <SelectField
      label={t("trace.result.rule")}
      value={rule}
      onChange={setRule}
      choices={answer.rules.map((each) => ({ value: each.rule, label: ruleName(each.rule) }))}
    />
  );
  return (
    <Section
      title={t("trace.result.title")}
      actions={
        <>
          <Link class="button" to={`/canvas?job=${encodeURIComponent(job)}`}>{t("trace.result.canvas")}</Link>
          <Link class="button" to={`/compare?${onward(question, "compare")}`}>{t("trace.result.compare")}</Link>
          <Link class="button" to={`/null-controls?${onward(question, "null-controls")}`}>{t("trace.result.null")}</Link>
        </>
      }
    >
      <Partly answer={answer} />
      <Walked answer={answer} />
      <Conservation rules={answer.rules} />
      <Poison poison={answer.poison} />
      {answer.fiat !== null && answer.fiat.days_without_rate.length > 0 && (
        <Notice kind="warning">
          {t("trace.result.no_rate", { currency: answer.fiat.currency, days: answer.fiat.days_without_rate.slice(0, 10).join(", ") })}
        </Notice>
      )}
      <Tabs
        label={t("trace.result.views")}
        open={tab}
        onOpen={setTab}
        tabs={[
          {
            id: "destinations",
            title: answer.direction === "forward" ? t("trace.tab.destinations") : t("trace.tab.origins"),
            content: () => <DestinationTable answer={answer} paths={(row) => pathsTo(row, question)} />,
          },
          {
            id: "flow",
            title: t("trace.tab.flow"),
            content: () => (
              <>
                {choice}
                {flow !== undefined && <Sankey key={rule} flow={flow} forward={answer.direction === "forward"} />}
              </>
            ),
          },
          {
            id: "time",
            title: t("trace.tab.time"),
            content: () => (
              <>
                {choice}
                <Cumulative key={rule} answer={answer} rule={rule} />
              </>
            ),
          },
          { id: "terminals", title: counted(t("trace.tab.terminals"), counts["terminals"]), content: () => <Terminals answer={answer} job={job} /> },
          { id: "hops", title: counted(t("trace.tab.hops"), counts["hops"]), content: () => <Hops answer={answer} job={job} /> },
          ...((counts["holdings"] ?? 0) > 0
            ? [{ id: "holdings", title: counted(t("trace.tab.holdings"), counts["holdings"]), content: () => <Holdings answer={answer} job={job} /> }]
            : []),
          ...(answer.claimants.length > 0
            ? [{ id: "claimants", title: t("trace.tab.claimants"), content: () => <Claimants answer={answer} /> }]
            : []),
          { id: "seeds", title: counted(t("trace.tab.seeds"), counts["seeds"]), content: () => <SeedRows answer={answer} job={job} /> },
        ]}
      />
    </Section>
  );
}

function counted(title: string, count: number | undefined): string {
  return count === undefined ? title : t("trace.tab.counted", { title, count });
}

/** The same seeds and limits asked another way. */
function onward(question: Question, kind: "compare" | "null-controls"): string {
  const rules = kind === "compare" ? ["all"] : [question.rules.find((rule) => !rule.startsWith("account") && rule !== "all") ?? "pro-rata"];
  const next: Question = { ...question, kind, rules, direction: question.kind === "backward" ? "backward" : "forward", draws: "200", number: "1" };
  return toQuery(next).toString();
}

/** The paths from the one seed to a service, where both can be named. */
function pathsTo(row: Destination, question: Question): string | null {
  const seeds = words(question.seeds);
  const from = seeds.length === 1 && lines(question.claims).length === 0 && question.case === "" ? seeds[0] : undefined;
  if (from === undefined || row.label === null || question.kind !== "forward") return null;
  const query = new URLSearchParams({ kind: "path", from: from.replace(/=.*$/, ""), end: `service:${row.label}` });
  return `/trace?${query.toString()}`;
}

function Claimants({ answer }: { answer: TraceAnswer }): JSX.Element {
  const rows = answer.claimants.flatMap((claimant) =>
    Object.entries(claimant.totals).flatMap(([rule, totals]) =>
      Object.entries(totals).map(([type, sat]) => ({ claimant: claimant.claimant, seeds: claimant.seeds_sat, rule, type, sat })),
    ),
  );
  return (
    <DataTable
      name="trace-claimants"
      caption={t("trace.rows.claimants")}
      columns={[
        { id: "claimant", title: t("trace.table.claimant"), cell: (row) => <bdi>{visible(row.claimant)}</bdi>, key: (row) => row.claimant, choices: true },
        { id: "seeds", title: t("trace.table.traced"), numeric: true, cell: (row) => <Amount bare sat={row.seeds} />, key: (row) => BigInt(row.seeds), text: (row) => btcCell(row.seeds) },
        { id: "rule", title: t("trace.table.rule"), cell: (row) => ruleName(row.rule), key: (row) => row.rule, choices: true },
        { id: "type", title: t("trace.table.type"), cell: (row) => typeName(row.type), key: (row) => row.type },
        { id: "sat", title: t("trace.table.btc"), numeric: true, cell: (row) => <Amount bare sat={row.sat} />, key: (row) => BigInt(row.sat), text: (row) => btcCell(row.sat) },
      ]}
      rows={rows}
      rowKey={(row) => `${row.claimant} ${row.rule} ${row.type}`}
    />
  );
}
