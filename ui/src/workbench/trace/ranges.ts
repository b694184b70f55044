/** Places of bounds and amounts on a line from nothing to all of the seeds. */

import type { Compared, RuleSums, Scope } from "./answer";

export interface RangeRow {
  row: Compared;
  scope: Scope;
  /** Shares of the seeds, 0 to 1; null where a bound was not found. */
  least: number | null;
  most: number | null;
  rules: { rule: string; at: number }[];
}

/** A line for each destination and scope that has anything to show. */
export function rangeRows(destinations: readonly Compared[], rules: readonly RuleSums[], seeds: number | bigint): RangeRow[] {
  const scopes = [...new Set(rules.map((rule) => rule.scope))];
  return destinations.flatMap((row) =>
    scopes.flatMap((scope) => {
      const bound = row.bounds[scope] ?? null;
      const own = rules.filter((rule) => rule.scope === scope);
      const touched = own.some((rule) => BigInt(row.traced_sat[rule.rule] ?? 0) > 0n);
      if (!touched && (bound === null || BigInt(bound.most_sat) === 0n)) return [];
      return {
        row,
        scope,
        least: bound === null ? null : share(bound.least_sat, seeds),
        most: bound === null ? null : share(bound.most_sat, seeds),
        rules: own.map((rule) => ({ rule: rule.rule, at: share(row.traced_sat[rule.rule] ?? 0, seeds) })),
      };
    }),
  );
}

/** A part of a whole, 0 to 1, from exact satoshis. */
export function share(part: number | bigint, whole: number | bigint): number {
  if (BigInt(whole) === 0n) return 0;
  return Number((BigInt(part) * 1_000_000n) / BigInt(whole)) / 1_000_000;
}

/** Rules of a scope that give one amount, told together. */
export function together(row: RangeRow): { at: number; rules: string[] }[] {
  const found: { at: number; rules: string[] }[] = [];
  for (const { rule, at } of row.rules) {
    const same = found.find((each) => each.at === at);
    if (same) same.rules.push(rule);
    else found.push({ at, rules: [rule] });
  }
  return found.sort((a, b) => a.at - b.at);
}
