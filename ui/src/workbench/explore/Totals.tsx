import type { JSX } from "preact";
import { Amount } from "../parts/Amount";
import { BlockLink } from "../parts/Hash";
import { Facts } from "../parts/Page";
import { Time } from "../parts/Time";
import { formatCount } from "../../shared/money";
import { t } from "../texts";
import type { Totals as Sums } from "./types";

/** What came, went and is left, and when it was seen. */
export function Totals({ of, net }: { of: Sums; net?: boolean }): JSX.Element {
  return (
    <Facts
      of={[
        { name: t("explore.totals.received"), value: <Amount sat={of.received_sat} copy /> },
        { name: t("explore.totals.sent"), value: <Amount sat={of.sent_sat} copy /> },
        { name: t("explore.totals.balance"), value: <Amount sat={of.balance_sat} copy /> },
        ...(net
          ? [
              { name: t("explore.totals.net_received"), value: <Amount sat={of.net_received_sat} copy /> },
              { name: t("explore.totals.net_sent"), value: <Amount sat={of.net_sent_sat} copy /> },
            ]
          : []),
        { name: t("explore.totals.transactions"), value: formatCount(of.tx_count) },
        { name: t("explore.totals.counts"), value: `${formatCount(of.receipt_count)} / ${formatCount(of.spend_count)}` },
        { name: t("explore.totals.first"), value: <><Time utc={of.first_seen_utc} /> <BlockLink block={of.first_seen_height} /></> },
        { name: t("explore.totals.last"), value: <><Time utc={of.last_seen_utc} /> <BlockLink block={of.last_seen_height} /></> },
      ]}
    />
  );
}
