import { expect, test } from "vitest";
import { nameOf, seedsOf } from "../../src/workbench/case/address";
import { stepsOf } from "../../src/workbench/case/NextSteps";
import { kindOf, nameOfReference, pageOf } from "../../src/workbench/case/pointing";
import type { Glance } from "../../src/workbench/case/types";

test("a case's name is made of its title", () => {
  expect(nameOf("Pay site / 4711")).toBe("pay-site-4711");
  expect(nameOf("Área de pagos")).toBe("area-de-pagos");
  expect(nameOf("../../etc")).toBe("etc");
  expect(nameOf("支払い")).toBe("");
  expect(nameOf("a".repeat(59) + " b")).toBe("a".repeat(59));
});

test("seeds are read from whatever was pasted", () => {
  expect(seedsOf('mabc, mdef;mghi\n# all of this\n  "mjkl" # and this\nmabc\r\n')).toEqual(["mabc", "mdef", "mghi", "mjkl"]);
  expect(seedsOf(" \n# nothing")).toEqual([]);
});

const TXID = "ab".repeat(32);

test("references are told apart, and lead to the page of what they name", () => {
  const address = "2NEuomD2Fc99VMYbnnnqrTd1oWkmc5Q5xfn";
  const pages: [string, string, string | null][] = [
    ["I4", "finding", "/case/pay%20site/report?finding=I4"],
    ["S1", "party", "/case/pay%20site/report?party=S1"],
    ["#7", "entry", "/case/pay%20site/journal?entry=7"],
    ["H1", "hypothesis", "/case/pay%20site/notes?h=H1"],
    ["E2", "exhibit", "/case/pay%20site/exhibits?e=E2"],
    [TXID, "tx", `/tx/${TXID}`],
    [`${TXID}:3`, "outpoint", `/tx/${TXID}?vout=3`],
    [address, "address", `/address/${address}`],
    ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "address", "/address/bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"],
  ];
  for (const [text, kind, page] of pages) {
    expect(kindOf(text), text).toBe(kind);
    expect(pageOf(text, "pay site"), text).toBe(page);
  }
});

test("what is no reference names no page", () => {
  for (const text of ["", "I0", "X1", "javascript:alert(1)", "//evil.example", "a sentence", TXID.slice(1)]) {
    expect(kindOf(text), text).toBeNull();
    expect(pageOf(text, "c"), text).toBeNull();
  }
});

test("what the journal keeps of a reference has the name that people gave", () => {
  expect(nameOfReference({ type: "entry", seq: 7, kind: "run" })).toBe("#7");
  expect(nameOfReference({ type: "finding", id: "I4", report: 3, outpoint: `${TXID}:0`, entity: "S1" })).toBe("I4");
  expect(nameOfReference({ type: "transaction", txid: TXID })).toBe(TXID);
  expect(nameOfReference({ type: "address", address: "m1" })).toBe("m1");
});

test("a report of an earlier run leaves the report to be written", () => {
  const of = {
    seeds: [], runs: [{ entry: 2 }, { entry: 5 }], reports: [{ entry: 3, run: 2 }],
    hypotheses: [], made: { request: 1 },
  } as unknown as Glance;
  const done = Object.fromEntries(stepsOf(of).map((step) => [step.key, step.done]));
  expect(done).toMatchObject({ seeds: true, run: true, report: false, hypotheses: false, requests: true, returns: false });
  const written = { ...of, reports: [...of.reports, { entry: 6, run: 5 }] } as unknown as Glance;
  expect(stepsOf(written).find((step) => step.key === "report")?.done).toBe(true);
});
