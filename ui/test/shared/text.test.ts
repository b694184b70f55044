import { expect, test } from "vitest";
import { formatTime, visible } from "../../src/shared/text";

test("characters that hide or turn text are shown as code points", () => {
  expect(visible("pay\u202egpj.exe")).toBe("pay\\u{202e}gpj.exe");
  expect(visible("a\u200bb\u0000c\nd")).toBe("a\\u{200b}b\\u{0}c\\u{a}d");
  expect(visible("\u{e0041}")).toBe("\\u{e0041}");
  expect(visible("\ud800")).toBe("\\u{d800}");
});

test("ordinary text of any script stays as it is", () => {
  for (const text of ["Hydra Market", "Биржа", "取引所", "بورصة", "é <b> & \"q\"", "🪙"]) {
    expect(visible(text)).toBe(text);
  }
});

test("times stay UTC", () => {
  expect(formatTime("2024-01-31T12:00:00Z")).toBe("2024-01-31 12:00:00");
});
