import type { JSX } from "preact";
import { formatBtc, formatCount } from "../../shared/money";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { Hash } from "../parts/Hash";
import { Icon } from "../parts/Icon";
import { Facts } from "../parts/Page";
import { t, tn } from "../texts";
import type { RuleSums, Walk } from "./answer";
import { ruleName, typeName } from "./names";
import { isConserved, total } from "./sums";

/** What was walked: seeds, receipts, transactions, the chain and clustering it rests on. */
export function Walked({ answer }: { answer: Walk }): JSX.Element {
  const { receipts } = answer;
  return (
    <Facts
      of={[
        {
          name: t("trace.walked.seeds"),
          value: (
            <>
              <Amount sat={answer.seeds_sat} copy /> <Basis of={answer.seeds_basis} />
            </>
          ),
        },
        ...(BigInt(answer.seeds_net_sat) === BigInt(answer.seeds_sat)
          ? []
          : [{ name: t("trace.walked.net"), value: <Amount sat={answer.seeds_net_sat} /> }]),
        ...(receipts === null
          ? []
          : [
              {
                name: t("trace.walked.receipts"),
                value: (
                  <>
                    {formatCount(receipts.count)}
                    {receipts.internal_count > 0 && (
                      <span class="quiet"> {t("trace.walked.internal", { count: receipts.internal_count, amount: formatBtc(receipts.internal_sat) })}</span>
                    )}
                    {receipts.left_out_count > 0 && (
                      <span class="quiet"> {t("trace.walked.left_out", { count: receipts.left_out_count, amount: formatBtc(receipts.left_out_sat) })}</span>
                    )}
                  </>
                ),
              },
            ]),
        { name: t("trace.walked.txs"), value: formatCount(answer.visited_txs) },
        {
          name: t("trace.walked.tip"),
          value: (
            <>
              {formatCount(answer.tip_height)} <Hash text={answer.tip_hash} copy />
            </>
          ),
        },
        { name: t("trace.walked.policy"), value: <Hash text={answer.policy} /> },
      ]}
    />
  );
}

/** Each rule's conservation in a line: seeds = the sum of all ends, to the satoshi. */
export function Conservation({ rules }: { rules: readonly RuleSums[] }): JSX.Element {
  return (
    <ul class="trace-sums" aria-label={t("trace.sums.label")}>
      {rules.map((rule) => (
        <li key={rule.rule}>
          <Line rule={rule} />
        </li>
      ))}
    </ul>
  );
}

function Line({ rule }: { rule: RuleSums }): JSX.Element {
  const kept = isConserved(rule);
  const parts = Object.entries(rule.totals)
    .filter(([, sat]) => BigInt(sat) > 0n)
    .sort(([, a], [, b]) => (BigInt(a) < BigInt(b) ? 1 : -1));
  const held = total(Object.values(rule.held ?? {}));
  return (
    <>
      <strong>{ruleName(rule.rule)}</strong>
      <span class="trace-sum">
        <Amount sat={rule.seeds_sat} /> ={" "}
        {parts.map(([kind, sat], index) => (
          <span key={kind} class="trace-addend">
            {index > 0 && "+ "}
            <span class="quiet">{typeName(kind)}</span> <Amount sat={sat} />{" "}
          </span>
        ))}
        {held > 0n && <span class="quiet">{t("trace.sums.held", { amount: formatBtc(held) })}</span>}
      </span>
      <span class={kept ? "trace-kept" : "trace-lost"}>
        <Icon name={kept ? "ok" : "error"} /> {kept ? t("trace.sums.kept") : t("trace.sums.lost")}
      </span>
    </>
  );
}

/** "12 outputs worth 3 BTC are reached at all". */
export function Poison({ poison }: { poison: { outputs: number; value_sat: number | bigint } }): JSX.Element {
  return <p class="quiet">{tn("trace.poison", poison.outputs, { amount: formatBtc(poison.value_sat) })}</p>;
}
