// @vitest-environment happy-dom
/** The notice of a partial store. */

import { render } from "preact";
import { afterEach, beforeAll, expect, test } from "vitest";
import { PartialNotice } from "../../src/workbench/partial";
import { status, type Status } from "../../src/workbench/status";
import { speak } from "../../src/workbench/texts";

const WHOLE: Status = {
  tip_height: 9, tip_hash: "00", network: "regtest", store: "s", cases: [], version: "1", currencies: [],
};

beforeAll(() => speak("en"));

afterEach(() => {
  status.set(null);
  document.body.innerHTML = "";
});

function shown(known: Status): string {
  status.set(known);
  render(<PartialNotice />, document.body);
  return document.body.textContent;
}

test("a store of the whole chain has no notice", () => {
  expect(shown(WHOLE)).toBe("");
});

test("a partial store says what it holds and what its silence means", () => {
  const text = shown({ ...WHOLE, partial_store: { txs: 1234, told: 1000, stubs: 0, ranks: true } });
  expect(text).toContain("1,234 transactions fetched");
  expect(text).toContain("What was not fetched is not known");
  expect(text).toContain("1,000 of them are their source's word");
  expect(text).toContain("No source told heights");
  expect(text).not.toContain("known only by outputs");
});
