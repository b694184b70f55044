import { beforeAll, expect, test } from "vitest";
import { percent } from "../../../src/workbench/explore/Bowtie";
import { hitText, slipText } from "../../../src/workbench/explore/Hits";
import { share } from "../../../src/workbench/explore/parts";
import { speak } from "../../../src/workbench/texts";

beforeAll(() => speak("en"));

test("what is nearly sure is never told as sure", () => {
  expect(percent(0.999)).toBe("> 99");
  expect(percent(0.0004)).toBe("< 1");
  expect(percent(1)).toBe("100");
  expect(percent(0.5)).toBe("50");
});

test("shares are rounded down, upper limits up, and exact ones stay", () => {
  expect(share(0.9, false)).toBe("0.9000");
  expect(share(0.9, true)).toBe("0.9000");
  expect(share(0.99339, false)).toBe("0.9933");
  expect(share(0.99331, true)).toBe("0.9934");
});

test("a slip says what stands where, and hides nothing that cannot be seen", () => {
  const mend = { address: "a", how: "changed", at: 16, was: "\u202e", now: "c", in_chain: true, to: "/" };
  expect(slipText(mend)).toBe("Character 17 is \\u{202e}; c would make it an address.");
});

test("a hit tells what is known of it", () => {
  const hit = { kind: "tag", label: "x", to: "/tag/1", why: "beginning", category: "exchange", count: 2 };
  expect(hitText(hit)).toBe("exchange · 2 tags");
});
