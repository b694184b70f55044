import { expect, test } from "vitest";
import { grouped, heightOf, ribbon, side, sum } from "../../../src/workbench/explore/bowtie";

const ends = (values: (number | bigint | null)[]) => values.map((value, at) => ({ id: String(at), value }));

test("of many ends the greatest stay, in their own order, and nothing is lost", () => {
  const all = ends([5, 900, 1, 30, 30, 2, 7]);
  const { shown, rest } = grouped(all, 4);
  expect(shown.map((end) => end.value)).toEqual([900, 30, 30]);
  expect(sum(shown) + sum(rest)).toBe(sum(all));
  expect(grouped(all, 7).rest).toEqual([]);
});

test("sums are exact beyond what a number holds", () => {
  expect(sum(ends([2n ** 60n, 1, null]))).toBe(2n ** 60n + 1n);
});

test("ribbons fill the knot by value, from top to bottom, without a gap", () => {
  const { bands } = side(ends([100, 300, 600]), 300, 200);
  expect(bands[0]?.top).toBe(50);
  bands.forEach((band, at) => {
    if (at > 0) expect(band.top).toBeCloseTo(bands[at - 1]?.bottom ?? 0, 3);
  });
  expect(bands.at(-1)?.bottom).toBeCloseTo(250, 3);
  expect((bands[2]?.bottom ?? 0) - (bands[2]?.top ?? 0)).toBeCloseTo(120, 3);
});

test("rows of one side never overlap and stay within the drawing", () => {
  for (const count of [1, 2, 12, 60]) {
    const height = heightOf(count, 1);
    const { bands } = side(ends(Array.from({ length: count }, (_, at) => at)), height, height - 60);
    bands.forEach((band, at) => {
      expect(band.y).toBeGreaterThanOrEqual(0);
      expect(band.y + 46).toBeLessThanOrEqual(height);
      if (at > 0) expect(band.y - (bands[at - 1]?.y ?? 0)).toBeGreaterThanOrEqual(46);
    });
  }
});

test("ends of no known value still have a ribbon to follow", () => {
  const { bands } = side(ends([null, 0]), 200, 100);
  for (const band of bands) expect(ribbon(band, 0, 10)).not.toContain("NaN");
});
