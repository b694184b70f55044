import type { JSX } from "preact";
import { formatBtc } from "../../shared/money";
import { visible } from "../../shared/text";
import { Amount } from "../parts/Amount";
import { DataTable } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { AddressLink, OutpointLink, TxLink } from "../parts/Hash";
import { Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { t, tn } from "../texts";
import type { FoundPath, PathAnswer, Rate } from "./answer";
import { btcCell, controlName, percent, ruleName } from "./names";
import { ControlOf } from "./RowTables";
import { Walked } from "./Summary";
import { Partly } from "./Working";

/** The paths between two ends, the surest first, each with who controls every hop. */
export function PathResult({ answer }: { answer: PathAnswer }): JSX.Element {
  return (
    <Section title={t("trace.path.title")} note={t("trace.path.note")}>
      <Partly answer={answer} />
      <Walked answer={answer} />
      <Rates rates={answer.control_errors} />
      {answer.paths.length === 0 ? (
        <Empty>{t("trace.path.none")}</Empty>
      ) : (
        <>
          <p role="status">
            {tn("trace.path.found", answer.paths.length)} {answer.more && t("trace.path.more")}
          </p>
          <DataTable
            name="trace-paths"
            caption={t("trace.path.title")}
            columns={[
              { id: "rank", title: t("trace.path.rank"), numeric: true, cell: (row) => row.rank, key: (row) => row.rank },
              {
                id: "truth",
                title: t("trace.path.truth"),
                hint: t("trace.path.truth_hint"),
                numeric: true,
                cell: (row) => percent(row.joint_truth.at_least_low, 2),
                key: (row) => row.joint_truth.at_least_low,
                text: (row) => percent(row.joint_truth.at_least_low, 2),
              },
              { id: "hops", title: t("trace.path.hops"), numeric: true, cell: (row) => row.hops, key: (row) => row.hops },
              { id: "inferences", title: t("trace.path.inferences"), numeric: true, cell: (row) => row.inferences, key: (row) => row.inferences },
              { id: "unknown", title: t("trace.path.unknown"), numeric: true, cell: (row) => row.unknown_hops, key: (row) => row.unknown_hops },
              { id: "bottleneck", title: t("trace.path.bottleneck"), numeric: true, cell: (row) => <Amount bare sat={row.bottleneck_sat} />, key: (row) => BigInt(row.bottleneck_sat), text: (row) => btcCell(row.bottleneck_sat) },
              ...answer.rules.map((rule) => ({
                id: rule,
                title: `${ruleName(rule)}, BTC`,
                numeric: true,
                cell: (row: FoundPath) => <Amount bare sat={row.carried_at_most_sat[rule] ?? 0} />,
                key: (row: FoundPath) => BigInt(row.carried_at_most_sat[rule] ?? 0),
                text: (row: FoundPath) => btcCell(row.carried_at_most_sat[rule] ?? 0),
              })),
            ]}
            rows={answer.paths}
            rowKey={(row) => String(row.rank)}
            detail={(row) => <Steps path={row} />}
          />
        </>
      )}
    </Section>
  );
}

function Steps({ path }: { path: FoundPath }): JSX.Element {
  return (
    <ol class="trace-steps">
      <li>
        <OutpointLink outpoint={path.start.outpoint} /> {path.start.address !== null && <AddressLink address={path.start.address} />}{" "}
        <Amount sat={path.start.value_sat} /> <Time utc={path.start.time_utc} />
      </li>
      {path.steps.map((step) => (
        <li key={step.outpoint}>
          <TxLink txid={step.txid} /> → <OutpointLink outpoint={step.outpoint} />{" "}
          {step.address !== null && <AddressLink address={step.address} />} <Amount sat={step.value_sat} /> <Time utc={step.time_utc} />
          <div>
            <ControlOf control={step.control} />
          </div>
          <div class="quiet">
            {Object.entries(step.traced_sat)
              .map(([rule, sat]) => `${ruleName(rule)} ${formatBtc(sat)}`)
              .join(" · ")}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** How often each kind of inference was right where that was measured. */
export function Rates({ rates }: { rates: Record<string, Rate | null> }): JSX.Element | null {
  const all = Object.entries(rates);
  if (all.length === 0) return null;
  return (
    <ul class="quiet trace-rates">
      {all.map(([basis, rate]) => (
        <li key={basis}>
          {controlName(basis)}: {rateText(rate)}
        </li>
      ))}
    </ul>
  );
}

/** "right in 99.3 % (99.2 % to 99.4 %) of merges, simulated data" */
export function rateText(rate: Rate | null): string {
  if (rate === null || rate.precision === null) return t("trace.rate.none");
  return t("trace.rate.measured", {
    share: percent(rate.precision, 2),
    low: percent(rate.precision_low, 2),
    high: percent(rate.precision_high, 2),
    data: t(rate.basis === "field" ? "trace.rate.field" : "trace.rate.simulated"),
  });
}

/** An end as it was asked for. */
export function endText(text: string): string {
  return visible(text.replace(/^(service|cluster):/, ""));
}
