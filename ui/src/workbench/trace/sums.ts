/** Sums of exact satoshis: what came where, and when. */

import type { Sat } from "../../shared/money";
import type { Amounts, Arrival, RuleSums } from "./answer";

/** A sum that holds beyond what a number holds. */
export function total(amounts: Iterable<Sat>): bigint {
  let sum = 0n;
  for (const amount of amounts) sum += BigInt(amount);
  return sum;
}

/** Whether every satoshi of a rule's seeds is found again at its ends. */
export function isConserved(rule: RuleSums): boolean {
  return total(Object.values(rule.totals)) === BigInt(rule.seeds_sat);
}

/** A name for each kind of end: "service" and its label, "unspent" … , held apart from the rest. */
export function endKey(end: { type: string; label: string | null; held: boolean }): string {
  return JSON.stringify([end.type, end.label, end.held]);
}

export interface Curve {
  end: { type: string; label: string | null; held: boolean };
  /** Satoshis that had come by each of the times. */
  sat: bigint[];
}

export interface Curves {
  /** "2024-01-31", rising. */
  days: string[];
  curves: Curve[];
  /** What accounts hold, which came at no time of its own. */
  held: bigint;
}

/** What had come by each day under a rule: the ends that most came to, the others as one. */
export function cumulative(rows: readonly Arrival[], rule: string, most = 7): Curves {
  const timed = rows.filter((row) => row.time_utc !== null && BigInt(row.traced_sat[rule] ?? 0) > 0n);
  const days = [...new Set(timed.map((row) => row.time_utc ?? ""))].sort();
  const at = new Map(days.map((day, index) => [day, index]));
  const sums = new Map<string, { end: Curve["end"]; sat: bigint }>();
  for (const row of timed) {
    const known = sums.get(endKey(row)) ?? { end: endOf(row), sat: 0n };
    sums.set(endKey(row), { ...known, sat: known.sat + BigInt(row.traced_sat[rule] ?? 0) });
  }
  const ranked = [...sums].sort(([, a], [, b]) => (a.sat < b.sat ? 1 : a.sat > b.sat ? -1 : 0));
  const alone = ranked.length > most + 1 ? ranked.slice(0, most) : ranked;
  const curves: Curve[] = alone.map(([, { end }]) => ({ end, sat: days.map(() => 0n) }));
  const place = new Map(alone.map(([key], index) => [key, index]));
  if (alone.length < ranked.length) {
    curves.push({ end: { type: "others", label: null, held: false }, sat: days.map(() => 0n) });
  }
  for (const row of timed) {
    const curve = curves[place.get(endKey(row)) ?? curves.length - 1];
    const day = at.get(row.time_utc ?? "") ?? 0;
    if (curve) curve.sat[day] = (curve.sat[day] ?? 0n) + BigInt(row.traced_sat[rule] ?? 0);
  }
  for (const { sat } of curves) {
    for (let day = 1; day < sat.length; day += 1) sat[day] = (sat[day] ?? 0n) + (sat[day - 1] ?? 0n);
  }
  const held = total(rows.filter((row) => row.time_utc === null).map((row) => row.traced_sat[rule] ?? 0));
  return { days, curves, held };
}

function endOf(row: Arrival): Curve["end"] {
  return { type: row.type, label: row.label, held: row.held };
}

/** The least and the most of several rules' amounts. */
export function range(amounts: Amounts, rules: readonly string[]): { least: bigint; most: bigint } {
  const all = rules.map((rule) => BigInt(amounts[rule] ?? 0));
  return all.reduce(
    ({ least, most }, sat) => ({ least: sat < least ? sat : least, most: sat > most ? sat : most }),
    { least: all[0] ?? 0n, most: all[0] ?? 0n },
  );
}
