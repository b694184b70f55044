import { expect, test } from "vitest";
import { barHeight, timeline } from "../../src/report/timeline";

const at = (day: string, value = 1n) => ({ time: `${day}T23:59:59Z`, value });

test("days between receipts are shown empty", () => {
  expect(timeline([at("2024-02-28", 5n), at("2024-03-01", 2n), at("2024-03-01", 3n)])).toEqual({
    unit: "day",
    bars: [
      { from: "2024-02-28", count: 1, value: 5n },
      { from: "2024-02-29", count: 0, value: 0n },
      { from: "2024-03-01", count: 2, value: 5n },
    ],
  });
});

test("a long span is shown in weeks from Monday, a longer one in months", () => {
  const weeks = timeline([at("2024-01-03"), at("2024-06-30")]);
  expect(weeks.unit).toBe("week");
  expect(weeks.bars[0]?.from).toBe("2024-01-01");
  expect(weeks.bars.at(-1)?.from).toBe("2024-06-24");
  const months = timeline([at("2020-12-31"), at("2024-01-01")]);
  expect(months.unit).toBe("month");
  expect(months.bars).toHaveLength(38);
  expect(months.bars[1]?.from).toBe("2021-01-01");
});

test("no receipt is lost or counted twice, before 1970 too", () => {
  const receipts = [at("1969-12-28"), at("1970-01-04"), at("1970-06-01", 7n)];
  const { bars } = timeline(receipts);
  expect(bars.reduce((n, bar) => n + bar.count, 0)).toBe(3);
  expect(bars.reduce((n, bar) => n + bar.value, 0n)).toBe(9n);
  expect(timeline([])).toEqual({ unit: "day", bars: [] });
});

test("the smallest receipt is still seen, and nothing is not", () => {
  expect(barHeight(1n, 10n ** 15n, 100)).toBe(1);
  expect(barHeight(10n ** 15n, 10n ** 15n, 100)).toBe(100);
  expect(barHeight(0n, 10n, 100)).toBe(0);
});
