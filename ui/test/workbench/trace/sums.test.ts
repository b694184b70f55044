import { expect, test } from "vitest";
import type { Arrival, RuleSums } from "../../../src/workbench/trace/answer";
import { cumulative, isConserved, total } from "../../../src/workbench/trace/sums";

const arrival = (time_utc: string | null, type: string, label: string | null, sat: number | bigint): Arrival => ({
  time_utc,
  type,
  label,
  held: time_utc === null,
  traced_sat: { "pro-rata": sat },
});

test("sums hold beyond what a number holds", () => {
  expect(total([9_007_199_254_740_993n, 1, 2])).toBe(9_007_199_254_740_996n);
});

test("what came by each day adds up to all that came, to the satoshi", () => {
  const rows = [
    arrival("2024-01-02", "service", "North", 9_007_199_254_740_993n),
    arrival("2024-01-01", "service", "North", 1),
    arrival("2024-01-03", "fee", null, 5),
    arrival("2024-01-03", "unspent", null, 0),
    arrival(null, "unspent", null, 7),
  ];
  const { days, curves, held } = cumulative(rows, "pro-rata");
  expect(days).toEqual(["2024-01-01", "2024-01-02", "2024-01-03"]);
  expect(curves.map((curve) => [curve.end.type, curve.sat])).toEqual([
    ["service", [1n, 9_007_199_254_740_994n, 9_007_199_254_740_994n]],
    ["fee", [0n, 0n, 5n]],
  ]);
  expect(held).toBe(7n);
});

test("many ends are drawn as the greatest few and all others as one", () => {
  const rows = Array.from({ length: 30 }, (_, n) => arrival(`2024-01-${String(n + 1).padStart(2, "0")}`, "service", `S${n}`, n + 1));
  const { curves } = cumulative(rows, "pro-rata", 7);
  expect(curves).toHaveLength(8);
  expect(curves[0]?.end.label).toBe("S29");
  expect(total(curves.map((curve) => curve.sat.at(-1) ?? 0n))).toBe(465n);
});

test("a satoshi that is lost is seen", () => {
  const rule = { rule: "tiho", scope: "transaction", seeds_sat: 10, seeds_net_sat: 10, totals: { fee: 1, service: 9 } } as RuleSums;
  expect(isConserved(rule)).toBe(true);
  expect(isConserved({ ...rule, totals: { fee: 1, service: 8 } })).toBe(false);
});
