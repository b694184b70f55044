import { expect, test } from "vitest";
import { readJson, writeJson } from "../../src/workbench/json";

test("a whole number that JavaScript would round is kept exactly", () => {
  const read = readJson('{"value_sat": 9007199254740993, "small": 12, "list": [-9223372036854775808]}');
  expect(read).toEqual({ value_sat: 9007199254740993n, small: 12, list: [-9223372036854775808n] });
});

test("numbers within texts, and texts that look like numbers, stay texts", () => {
  const hostile = { note: ': 9007199254740993, "x\\": 9007199254740993', id: "9007199254740993", n: 1 };
  const text = JSON.stringify(hostile).replace('"n":1', '"n": 9007199254740995');
  expect(readJson(text)).toEqual({ ...hostile, n: 9007199254740995n });
});

test("a number with a fraction or an exponent stays a number", () => {
  expect(readJson('{"a": 0.12345678901234567, "b": 1e22, "c": 1234567890123456}')).toEqual({
    a: 0.12345678901234567,
    b: 1e22,
    c: 1234567890123456,
  });
});

test("what is written reads as the same", () => {
  const value = { a: 9007199254740993n, b: [1, "9007199254740993", null], c: { d: -18446744073709551615n } };
  expect(readJson(writeJson(value))).toEqual(value);
});

test("what is not JSON is refused", () => {
  expect(() => readJson('{"a": 9007199254740993')).toThrow(SyntaxError);
});
