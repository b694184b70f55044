/** How near a service's payment is to the subject, as the report on paper counts it. */

import type { Movement } from "./report";

export const TIERS = ["straight", "one", "more"] as const;
export type Tier = (typeof TIERS)[number];
export type Side = "inflows" | "outflows";

/** Each tier with the words for it. */
export const TIER_LABELS: [Tier, string][] = [
  ["straight", "straight"],
  ["one", "through one transaction"],
  ["more", "through more"],
];

/**
 * The tier of a row: an inflow of no hops is itself the receipt; an outflow has a hop more, the
 * subject's own payment.
 */
export function tierOf(flow: Movement, side: Side): Tier {
  const between = side === "inflows" ? flow.hops : Math.max(0, flow.hops - 1);
  return TIERS[Math.min(2, between)] ?? "more";
}

/** The sums of one service's rows by tier, under one rule. */
export function tierSums(
  flows: readonly Movement[],
  side: Side,
  rule: string,
): Map<string, Record<Tier, bigint>> {
  const sums = new Map<string, Record<Tier, bigint>>();
  for (const flow of flows) {
    const of = sums.get(flow.entity) ?? { straight: 0n, one: 0n, more: 0n };
    of[tierOf(flow, side)] += flow.traced[rule] ?? 0n;
    sums.set(flow.entity, of);
  }
  return sums;
}
