import type { JSX } from "preact";
import { formatBtc, formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { DataTable, type Column } from "../parts/DataTable";
import { OutpointLink, TxLink } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Facts, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { t } from "../texts";
import type { Amounts, BetweenAnswer, Bound, LedgerAnswer, Pattern, PatternsAnswer } from "./answer";
import { btcCell, patternName, ruleName } from "./names";
import { endText, rateText } from "./PathResult";
import { Conservation, Walked } from "./Summary";
import { Partly } from "./Working";

interface Passed {
  from: string;
  to: string;
  traced_sat: Amounts;
  direct: { outputs: number; value_sat: number | bigint };
  bound: Bound | null;
}

/** How much passes from one set of ends to another. */
export function BetweenResult({ answer }: { answer: BetweenAnswer }): JSX.Element {
  const all = t("trace.between.all");
  const rows: Passed[] = [
    { from: all, to: all, traced_sat: answer.traced_sat, direct: answer.direct, bound: answer.bounds.transaction },
    ...(answer.to.length > 1 || answer.from.length > 1
      ? answer.to.map((end): Passed => ({ from: all, to: endText(end.text), traced_sat: end.traced_sat, direct: end.direct, bound: end.bounds.transaction }))
      : []),
    ...answer.pairs.map((pair): Passed => ({ from: endText(pair.from), to: endText(pair.to), traced_sat: pair.traced_sat, direct: pair.direct, bound: null })),
  ];
  const amount = (id: string, title: string, of: (row: Passed) => number | bigint | null): Column<Passed> => ({
    id,
    title,
    numeric: true,
    cell: (row) => (of(row) === null ? "" : <Amount bare sat={of(row)} />),
    key: (row) => BigInt(of(row) ?? 0),
    text: (row) => btcCell(of(row)),
  });
  return (
    <Section title={t("trace.between.title")} note={t("trace.between.note")}>
      <Partly answer={answer} bounds={Object.values(answer.bounds_missing).some((count) => count > 0)} />
      <Walked answer={answer} />
      <Conservation rules={answer.rules} />
      <DataTable
        name="trace-between"
        caption={t("trace.between.title")}
        columns={[
          { id: "from", title: t("trace.ends.from"), cell: (row) => <bdi>{row.from}</bdi>, key: (row) => row.from },
          { id: "to", title: t("trace.ends.to"), cell: (row) => <bdi>{row.to}</bdi>, key: (row) => row.to },
          amount("least", t("trace.compare.least"), (row) => row.bound?.least_sat ?? null),
          ...answer.rules.map((rule) => amount(rule.rule, `${ruleName(rule.rule)}, BTC`, (row) => row.traced_sat[rule.rule] ?? 0)),
          amount("most", t("trace.compare.most"), (row) => row.bound?.most_sat ?? null),
          amount("direct", t("trace.between.direct"), (row) => row.direct.value_sat),
        ]}
        rows={rows}
        rowKey={(row) => `${row.from} ${row.to} ${row.bound === null}`}
      />
    </Section>
  );
}

/** Patterns of movement on what the trace came through. */
export function PatternsResult({ answer }: { answer: PatternsAnswer }): JSX.Element {
  return (
    <Section title={t("trace.patterns.title")} note={t("trace.patterns.note")}>
      <Partly answer={answer} />
      <Walked answer={answer} />
      <ul class="trace-rates">
        {answer.looked_for.map((pattern) => (
          <li key={pattern}>
            <strong>{patternName(pattern)}</strong>{" "}
            {formatCount(answer.patterns.filter((found) => found.pattern === pattern).length)}{" "}
            <span class="quiet">{rateText(answer.errors[pattern]?.["all"] ?? null)}</span>
          </li>
        ))}
      </ul>
      {answer.without_rate.length > 0 && (
        <Notice kind="warning">{t("trace.patterns.without_rate", { count: answer.without_rate.length })}</Notice>
      )}
      <DataTable
        name="trace-patterns"
        caption={t("trace.patterns.title")}
        columns={[
          { id: "pattern", title: t("trace.patterns.pattern"), cell: (row) => patternName(row.pattern), key: (row) => patternName(row.pattern), choices: true },
          { id: "first", title: t("trace.table.first"), cell: (row) => <Time utc={row.first.time_utc} bare />, key: (row) => row.first.time_utc },
          { id: "last", title: t("trace.table.last"), cell: (row) => <Time utc={row.last.time_utc} bare />, key: (row) => row.last.time_utc },
          { id: "txs", title: t("trace.patterns.txs"), numeric: true, cell: (row) => row.txids.length, key: (row) => row.txids.length },
          { id: "start", title: t("trace.patterns.begins"), cell: (row) => <TxLink txid={row.txids[0] ?? ""} />, text: (row) => row.txids[0] ?? null },
          { id: "basis", title: t("trace.table.basis"), cell: () => <Basis of="inference" />, text: () => "inference" },
          {
            id: "right",
            title: t("trace.patterns.right"),
            cell: (row) => rateText(answer.errors[row.pattern]?.[row.stratum] ?? answer.errors[row.pattern]?.["all"] ?? null),
            text: (row) => rateText(answer.errors[row.pattern]?.[row.stratum] ?? answer.errors[row.pattern]?.["all"] ?? null),
          },
        ]}
        rows={answer.patterns}
        rowKey={(row) => `${row.pattern} ${row.txids[0] ?? ""} ${row.outputs[0] ?? ""} ${row.txids.length}`}
        detail={(row) => <PatternDetail found={row} />}
      />
    </Section>
  );
}

function PatternDetail({ found }: { found: Pattern }): JSX.Element {
  return (
    <div class="trace-pattern">
      <ul lang="en">
        {[...found.reasons, ...found.stopped_because].map((reason) => (
          <li key={reason}>{visible(reason)}</li>
        ))}
      </ul>
      <ol class="trace-steps">
        {found.txids.slice(0, 50).map((txid, index) => (
          <li key={txid}>
            <TxLink txid={txid} /> {found.outputs[index] !== undefined && <OutpointLink outpoint={found.outputs[index] ?? ""} />}
          </li>
        ))}
      </ol>
      {found.txids.length > 50 && <p class="quiet">{t("trace.seeds.more", { count: found.txids.length - 50 })}</p>}
    </div>
  );
}

/** Whose each payment of a custodian's books is. */
export function LedgerResult({ answer }: { answer: LedgerAnswer }): JSX.Element {
  const sums = answer.rules.flatMap((rule) => rule.claimants.map((claimant) => ({ rule: rule.rule, ...claimant })));
  const shares = answer.payments.flatMap((payment) =>
    payment.shares.flatMap((share) =>
      [...share.claims, { claimant: "", share_sat: share.own_sat }].map((claim) => ({
        row: payment.row,
        reference: payment.reference,
        value_sat: payment.value_sat,
        rule: share.rule,
        ...claim,
      })),
    ),
  );
  return (
    <Section title={t("trace.ledger.title")} note={t("trace.ledger.note")}>
      <Facts
        of={[
          { name: t("trace.ledger.received"), value: <Amount sat={answer.received_sat} /> },
          { name: t("trace.ledger.claimed"), value: <Amount sat={answer.claimed_sat} /> },
          { name: t("trace.ledger.paid"), value: <Amount sat={answer.paid_sat} /> },
          { name: t("trace.ledger.balance"), value: <Amount sat={answer.balance_sat} /> },
        ]}
      />
      <ul class="trace-sums">
        {answer.rules.map((rule) => (
          <li key={rule.rule}>
            <strong>{ruleName(rule.rule)}</strong>{" "}
            <span class="trace-sum">
              {t("trace.ledger.line", { claimed: formatBtc(rule.claimed_sat), paid: formatBtc(rule.paid_sat), held: formatBtc(rule.held_sat) })}
            </span>
          </li>
        ))}
      </ul>
      <DataTable
        name="ledger-claimants"
        caption={t("trace.ledger.by_claimant")}
        columns={[
          { id: "claimant", title: t("trace.table.claimant"), cell: (row) => <bdi>{visible(row.claimant)}</bdi>, key: (row) => row.claimant, choices: true },
          { id: "rule", title: t("trace.table.rule"), cell: (row) => ruleName(row.rule), key: (row) => row.rule, choices: true },
          { id: "claimed", title: `${t("trace.ledger.claimed")}, BTC`, numeric: true, cell: (row) => <Amount bare sat={row.claimed_sat} />, key: (row) => BigInt(row.claimed_sat), text: (row) => btcCell(row.claimed_sat) },
          { id: "paid", title: `${t("trace.ledger.paid")}, BTC`, numeric: true, cell: (row) => <Amount bare sat={row.paid_sat} />, key: (row) => BigInt(row.paid_sat), text: (row) => btcCell(row.paid_sat) },
          { id: "held", title: `${t("trace.ledger.held")}, BTC`, numeric: true, cell: (row) => <Amount bare sat={row.held_sat} />, key: (row) => BigInt(row.held_sat), text: (row) => btcCell(row.held_sat) },
        ]}
        rows={sums}
        rowKey={(row) => `${row.rule} ${row.claimant}`}
      />
      <DataTable
        name="ledger-payments"
        caption={t("trace.ledger.payments")}
        columns={[
          { id: "row", title: t("trace.ledger.row"), numeric: true, cell: (row) => row.row, key: (row) => row.row },
          { id: "reference", title: t("trace.ledger.reference"), cell: (row) => <bdi>{visible(row.reference ?? "")}</bdi>, key: (row) => row.reference },
          { id: "value", title: t("trace.ledger.payment"), numeric: true, cell: (row) => <Amount bare sat={row.value_sat} />, key: (row) => BigInt(row.value_sat), text: (row) => btcCell(row.value_sat) },
          { id: "rule", title: t("trace.table.rule"), cell: (row) => ruleName(row.rule), key: (row) => row.rule, choices: true },
          { id: "claimant", title: t("trace.table.claimant"), cell: (row) => (row.claimant === "" ? t("trace.ledger.own") : <bdi>{visible(row.claimant)}</bdi>), key: (row) => row.claimant },
          { id: "share", title: t("trace.ledger.share"), numeric: true, cell: (row) => <Amount bare sat={row.share_sat} />, key: (row) => BigInt(row.share_sat), text: (row) => btcCell(row.share_sat) },
        ]}
        rows={shares}
        rowKey={(row) => `${row.row} ${row.rule} ${row.claimant}`}
      />
    </Section>
  );
}
