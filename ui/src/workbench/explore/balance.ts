/** The lie of a balance over time: a line in steps, with what came and went as bars. */

import type { Moment } from "./types";

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Chart {
  /** The balance as steps. */
  line: string;
  area: string;
  bars: { x: number; width: number; came: [number, number]; went: [number, number]; at: Moment }[];
  /** Values in satoshis with their heights in the drawing. */
  ticks: { y: number; sat: bigint }[];
  dates: { x: number; text: string }[];
}

/** Places of the moments of a balance in a frame; times run from left to right. */
export function chartOf(moments: readonly Moment[], frame: Frame, end_utc: string): Chart {
  const times = moments.map((m) => Date.parse(m.time_utc));
  const first = times[0] ?? 0;
  const last = Math.max(Date.parse(end_utc), times.at(-1) ?? 0, first + 1);
  const most = moments.reduce((top, m) => {
    const values = [m.balance_sat, m.received_sat, m.sent_sat].map((v) => BigInt(v));
    return values.reduce((a, b) => (a > b ? a : b), top);
  }, 1n);
  const top = nice(most);
  const inner = { width: frame.width - frame.left - frame.right, height: frame.height - frame.top - frame.bottom };
  const x = (time: number): number => frame.left + ((time - first) / (last - first)) * inner.width;
  // Pixels need no satoshis: a millionth of the height is finer than any screen.
  const y = (sat: bigint): number =>
    frame.top + inner.height * (1 - Number((sat * 1_000_000n) / top) / 1_000_000);
  const ground = y(0n);
  const n = (value: number): string => value.toFixed(1);
  let line = "";
  moments.forEach((m, index) => {
    const [px, py] = [x(times[index] ?? first), y(BigInt(m.balance_sat))];
    line += index === 0 ? `M${n(px)} ${n(ground)}V${n(py)}` : `H${n(px)}V${n(py)}`;
  });
  const end = x(last);
  if (moments.length > 0) line += `H${n(end)}`;
  const width = Math.max(1.5, Math.min(8, inner.width / Math.max(1, moments.length) / 2.5));
  return {
    line,
    area: moments.length > 0 ? `${line}V${n(ground)}Z` : "",
    bars: moments.map((m, index) => ({
      x: x(times[index] ?? first),
      width,
      came: [y(BigInt(m.received_sat)), ground],
      went: [y(BigInt(m.sent_sat)), ground],
      at: m,
    })),
    ticks: [0n, 1n, 2n, 3n, 4n].map((part) => ({ sat: (top * part) / 4n, y: y((top * part) / 4n) })),
    dates: dates(first, last).map((time) => ({ x: x(time), text: new Date(time).toISOString().slice(0, 10) })),
  };
}

/** The least of 1, 2, 4, 6, 8, 10 times a power of ten that reaches the value: its quarters are whole. */
export function nice(value: bigint): bigint {
  let unit = 4n;
  while (unit * 10n < value) unit *= 10n;
  for (const times of [1n, 2n, 4n, 6n, 8n, 10n]) if (unit * times >= value) return unit * times;
  return unit * 10n;
}

/** Up to six moments from first to last, evenly apart. */
function dates(first: number, last: number): number[] {
  const found = Array.from({ length: 6 }, (_, index) => first + ((last - first) * index) / 5);
  const days = new Set<string>();
  return found.filter((time) => {
    const day = new Date(time).toISOString().slice(0, 10);
    if (days.has(day)) return false;
    days.add(day);
    return true;
  });
}
