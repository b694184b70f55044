/** What is inferred of a transaction: CoinJoin and change, with reasons. */

import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Basis } from "../parts/Basis";
import { DataTable } from "../parts/DataTable";
import { Facts } from "../parts/Page";
import { t, tOr } from "../texts";
import { Amount } from "../parts/Amount";
import { percent } from "./Bowtie";
import { MeasuredError } from "./parts";
import type { ChangeSaid, CoinJoin, Tx, TxOutput } from "./types";

export function CoinJoinSaid({ of }: { of: CoinJoin | null }): JSX.Element {
  if (of === null) return <p>{t("explore.coinjoin.none")}</p>;
  return (
    <>
      <p>
        <strong>{tOr(`report.measured.${of.type}`, of.type)}</strong>{" "}
        {of.held === "coinjoin" ? t("explore.coinjoin.held") : t("explore.coinjoin.lookalike")}{" "}
        <Basis of="inference" rule={of.type} />
      </p>
      <Facts
        of={[
          { name: t("explore.coinjoin.participants"), value: of.participants_at_least },
          { name: t("explore.coinjoin.score"), value: of.score.toFixed(4) },
          { name: t("explore.coinjoin.links"), value: of.links ? t("explore.yes") : t("explore.coinjoin.no_links") },
          { name: t("explore.coinjoin.measured"), value: <MeasuredError of={of.measured} /> },
        ]}
      />
      <p>{t("explore.coinjoin.reasons")}</p>
      <ul>{of.reasons.map((reason) => <li key={reason}>{visible(reason)}</li>)}</ul>
    </>
  );
}

export function Change({ tx }: { tx: Tx }): JSX.Element {
  if (tx.change.silent !== null) {
    return <p>{t("explore.change.silent")} {visible(tx.change.silent)}</p>;
  }
  const rows = tx.outputs.filter((output): output is TxOutput & { change: ChangeSaid } => output.change !== null);
  return (
    <>
      <p class="quiet">{t("explore.change.lead")}</p>
      <DataTable
        name={`change-${tx.txid.slice(0, 16)}`}
        caption={t("explore.change.title")}
        rows={rows}
        rowKey={(row) => String(row.vout)}
        plain
        detail={(row) => <Reasons of={row.change} />}
        columns={[
          { id: "vout", title: t("explore.vout"), cell: (row) => row.vout, key: (row) => row.vout, numeric: true },
          { id: "value", title: t("explore.amount"), cell: (row) => <Amount sat={row.value_sat} fiat={row.fiat} />, key: (row) => BigInt(row.value_sat), numeric: true },
          { id: "probability", title: t("explore.change.probability"), cell: (row) => <Probability of={row.change} />, key: (row) => row.change.probability, numeric: true },
          { id: "held", title: t("explore.change.held"), cell: (row) => heldText(row.change), key: (row) => heldText(row.change) },
          { id: "rules", title: t("explore.change.rules"), cell: (row) => votes(row.change), key: (row) => votes(row.change) },
        ]}
      />
      {tx.change.model !== null && (
        <p class="quiet">
          {t("explore.change.model", {
            change: String(tx.change.model.change_from),
            payment: String(tx.change.model.payment_to),
            digest: tx.change.model.sha256.slice(0, 12),
          })}
        </p>
      )}
    </>
  );
}

function Probability({ of }: { of: ChangeSaid }): JSX.Element {
  if (of.probability === null) return <span class="quiet">{t("explore.unknown")}</span>;
  return (
    <span class="probability">
      <meter min={0} max={1} value={of.probability} aria-label={t("explore.change.probability")} />
      <span title={String(of.probability)}>{percent(of.probability)} %</span>
    </span>
  );
}

function heldText(of: ChangeSaid): string {
  if (of.held === "change") return t("explore.change.is_change");
  return of.held === "payment" ? t("explore.change.is_payment") : t("explore.change.undecided");
}

function votes(of: ChangeSaid): string {
  const spoken = of.rules.filter((rule) => rule.verdict !== null);
  const possible = spoken.filter((rule) => rule.verdict === "possible").length;
  return t("explore.change.votes", { possible, against: spoken.length - possible, silent: of.rules.length - spoken.length });
}

function Reasons({ of }: { of: ChangeSaid }): JSX.Element {
  return (
    <div class="columns">
      <div>
        <h3>{t("explore.change.by_rule")}</h3>
        <ul class="reasons">
          {of.rules.map((rule) => (
            <li key={rule.rule} class={`verdict-${rule.verdict ?? "silent"}`}>
              <code>{rule.rule}</code>: {verdictText(rule.verdict)} <span class="quiet">{visible(rule.reason)}</span>
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h3>{t("explore.change.weights")}</h3>
        <ul class="reasons">
          {of.why.slice(0, 10).map((why) => (
            <li key={why.feature}>
              <span class="numeric">{why.adds > 0 ? "+" : "−"}{(Math.abs(why.adds) / 1000).toFixed(3)}</span> {visible(why.feature)}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function verdictText(verdict: "possible" | "ruled_out" | null): string {
  if (verdict === "possible") return t("explore.change.possible");
  return verdict === "ruled_out" ? t("explore.change.ruled_out") : t("explore.change.abstains");
}
