import { expect, test } from "vitest";
import { compareDecimal, formatBtc, formatFiat, satoshis } from "../../src/shared/money";

test("satoshis keep every digit", () => {
  expect(formatBtc(0n)).toBe("0.00000000");
  expect(formatBtc(1n)).toBe("0.00000001");
  expect(formatBtc(100_000_000n)).toBe("1.00000000");
  expect(formatBtc(123_456_789_012n)).toBe("1,234.56789012");
  expect(formatBtc(2_100_000_000_000_000n)).toBe("21,000,000.00000000");
  expect(formatBtc(-1n)).toBe("-0.00000001");
  // More than a double can count: 2^53 + 1.
  expect(formatBtc(9_007_199_254_740_993n)).toBe("90,071,992.54740993");
});

test("an amount that JSON may have rounded is refused, with its place", () => {
  expect(satoshis(9_007_199_254_740_991, "x")).toBe(9_007_199_254_740_991n);
  for (const wrong of [9_007_199_254_740_992, 0.5, "1", null, Number.NaN]) {
    expect(() => satoshis(wrong, "inflows[3].value_sat")).toThrow("inflows[3].value_sat");
  }
});

test("fiat keeps its digits", () => {
  expect(formatFiat("1234567.50")).toBe("1,234,567.50");
  expect(formatFiat("-999.00")).toBe("-999.00");
  expect(formatFiat("no rate")).toBe("no rate");
});

test("decimal texts compare by value, beyond what a double tells apart", () => {
  expect(compareDecimal("9.00", "10.00")).toBeLessThan(0);
  expect(compareDecimal("10", "10.00")).toBe(0);
  expect(compareDecimal("-1.50", "-1.05")).toBeLessThan(0);
  expect(compareDecimal("90071992547409.93", "90071992547409.92")).toBeGreaterThan(0);
});
