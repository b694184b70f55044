/** Receipts gathered into bars over time, UTC. */

export interface Bar {
  /** First day of the bar, "2024-01-31". */
  from: string;
  count: number;
  value: bigint;
}

export interface Timeline {
  unit: "day" | "week" | "month";
  bars: Bar[];
}

const DAY_MS = 86_400_000;
const BARS_AT_MOST = 62;

/**
 * Bars from the first to the last receipt, empty ones included, in the finest unit that needs at
 * most 62 of them (months may need more). Receipts whose time cannot be read are left out.
 */
export function timeline(receipts: readonly { time: string; value: bigint }[]): Timeline {
  const dated = receipts
    .map((r) => ({ day: Math.floor(Date.parse(r.time) / DAY_MS), value: r.value }))
    .filter((r) => Number.isFinite(r.day));
  if (dated.length === 0) return { unit: "day", bars: [] };
  const days = dated.map((r) => r.day);
  const first = days.reduce((a, b) => Math.min(a, b));
  const last = days.reduce((a, b) => Math.max(a, b));
  const span = last - first + 1;
  const unit = span <= BARS_AT_MOST ? "day" : span <= 7 * BARS_AT_MOST ? "week" : "month";
  const bars = new Map<number, Bar>();
  for (let day = start(first, unit); day <= last; day = next(day, unit)) {
    bars.set(day, { from: isoDay(day), count: 0, value: 0n });
  }
  for (const { day, value } of dated) {
    const bar = bars.get(start(day, unit));
    if (bar === undefined) throw new Error("a receipt has no bar");
    bar.count += 1;
    bar.value += value;
  }
  return { unit, bars: [...bars.values()] };
}

/** Height of a bar in whole pixels, at least 1 where there is anything to show. */
export function barHeight(value: bigint, most: bigint, pixels: number): number {
  if (value <= 0n || most <= 0n) return 0;
  return Math.max(1, Number((value * BigInt(pixels)) / most));
}

function start(day: number, unit: Timeline["unit"]): number {
  if (unit === "day") return day;
  // Day 0 was a Thursday; weeks start on Monday (ISO 8601).
  if (unit === "week") return day - ((((day + 3) % 7) + 7) % 7);
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS;
}

function next(day: number, unit: Timeline["unit"]): number {
  if (unit === "day") return day + 1;
  if (unit === "week") return day + 7;
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
}

function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
