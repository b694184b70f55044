import { expect, test } from "vitest";
import { chartOf, nice } from "../../../src/workbench/explore/balance";

const FRAME = { width: 100, height: 60, left: 10, right: 0, top: 0, bottom: 10 };
const moment = (day: string, came: number, went: number, left: number | bigint) => ({
  height: 1, time_utc: `${day}T00:00:00Z`, received_sat: came, sent_sat: went, balance_sat: left,
});

test("the axis ends at a round value that reaches all, in whole quarters", () => {
  for (const value of [1n, 4n, 5n, 39n, 41n, 999n, 2_100_000_000_000_000n]) {
    const top = nice(value);
    expect(top >= value).toBe(true);
    expect(top % 4n).toBe(0n);
    expect(top <= value * 10n || value < 4n).toBe(true);
  }
});

test("the balance is drawn in steps from the first day to the last", () => {
  const chart = chartOf([moment("2020-01-01", 40, 0, 40), moment("2020-01-11", 0, 40, 0)], FRAME, "2020-01-21T00:00:00Z");
  expect(chart.line).toBe("M10.0 50.0V0.0H55.0V50.0H100.0");
  expect(chart.bars.map((bar) => bar.came[0])).toEqual([0, 50]);
  expect(chart.ticks.map((tick) => tick.sat)).toEqual([0n, 10n, 20n, 30n, 40n]);
  expect(chart.dates[0]?.text).toBe("2020-01-01");
  expect(chart.dates.at(-1)?.text).toBe("2020-01-21");
});

test("nothing, and one moment alone, can be drawn", () => {
  expect(chartOf([], FRAME, "2020-01-01T00:00:00Z").line).toBe("");
  expect(chartOf([moment("2020-01-01", 1, 0, 1)], FRAME, "2020-01-01T00:00:00Z").line).not.toContain("NaN");
});
