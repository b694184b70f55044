/** The lie of a bow-tie: inputs to the left, outputs to the right, ribbons as wide as their value. */

import type { Sat } from "../../shared/money";

export interface End {
  id: string;
  /** Null where nobody knows: an input whose spent output was not fetched. */
  value: Sat | null;
}

export interface Band<E extends End> {
  end: E;
  /** Top of its row. */
  y: number;
  /** Middle of its row, where the ribbon begins. */
  middle: number;
  /** Width of the ribbon at its end. */
  width: number;
  /** Where the ribbon meets the middle of the bow-tie. */
  top: number;
  bottom: number;
}

export interface Side<E extends End> {
  bands: Band<E>[];
  height: number;
}

export const ROW = 46;
export const PAD = 26;

/** Splits ends into those drawn, in their own order, and those that are summed up. */
export function grouped<E extends End>(ends: readonly E[], most: number): { shown: E[]; rest: E[] } {
  if (ends.length <= most) return { shown: [...ends], rest: [] };
  const size = (end: E): bigint => BigInt(end.value ?? 0);
  const bySize = ends.map((end, at) => ({ end, at })).sort((a, b) => {
    const [left, right] = [size(a.end), size(b.end)];
    return left > right ? -1 : left < right ? 1 : a.at - b.at;
  });
  const kept = new Set(bySize.slice(0, most - 1).map(({ end }) => end));
  return { shown: ends.filter((end) => kept.has(end)), rest: ends.filter((end) => !kept.has(end)) };
}

/** The sum of known values. */
export function sum(ends: readonly End[]): bigint {
  return ends.reduce((total, end) => total + BigInt(end.value ?? 0), 0n);
}

/** Rows of one side in a drawing of this height; ribbons share `knot` by value. */
export function side<E extends End>(ends: readonly E[], height: number, knot: number): Side<E> {
  const total = sum(ends);
  const first = PAD + (height - 2 * PAD - ends.length * ROW) / 2;
  let at = (height - knot) / 2;
  const bands = ends.map((end, index) => {
    // A share is looked at, not added up: a float will do for pixels.
    const part = total === 0n ? 1 / ends.length : ratio(BigInt(end.value ?? 0), total);
    const top = at;
    at += part * knot;
    const y = first + index * ROW;
    return {
      end,
      y,
      middle: y + ROW / 2,
      width: Math.max(1.5, Math.min(ROW - 8, part * knot)),
      top,
      bottom: Math.max(at, top + 0.5),
    };
  });
  return { bands, height };
}

export function heightOf(left: number, right: number): number {
  return Math.max(left, right, 2) * ROW + 2 * PAD;
}

/** The outline of a ribbon from (x0, its end) to (x1, its place in the middle). */
export function ribbon(band: Band<End>, x0: number, x1: number): string {
  const bend = (x0 + x1) / 2;
  const [top, bottom] = [band.middle - band.width / 2, band.middle + band.width / 2];
  const n = (value: number): string => value.toFixed(1);
  return (
    `M${n(x0)} ${n(top)}C${n(bend)} ${n(top)} ${n(bend)} ${n(band.top)} ${n(x1)} ${n(band.top)}` +
    `L${n(x1)} ${n(band.bottom)}C${n(bend)} ${n(band.bottom)} ${n(bend)} ${n(bottom)} ${n(x0)} ${n(bottom)}Z`
  );
}

function ratio(part: bigint, whole: bigint): number {
  return Number((part * 1_000_000n) / whole) / 1_000_000;
}
