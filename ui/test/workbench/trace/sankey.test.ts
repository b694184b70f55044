import { expect, test } from "vitest";
import type { FlowNode, PartyFlow } from "../../../src/workbench/trace/answer";
import { drawn } from "../../../src/workbench/trace/sankey";

const node = (kind: FlowNode["kind"], name: string): FlowNode => ({ kind, name, party: null, category: null, count: 1, basis: "fact" });

const FLOW: PartyFlow = {
  rule: "pro-rata",
  nodes: [node("seeds", ""), node("wallet", "bc1qa"), node("wallet", "bc1qb"), node("end", "fee"), node("service", "North")],
  links: [
    { from: 0, to: 1, value_sat: 100, basis: "fact" },
    { from: 1, to: 2, value_sat: 60, basis: "inference" },
    { from: 1, to: 4, value_sat: 39, basis: "assertion" },
    { from: 1, to: 3, value_sat: 1, basis: "fact" },
    { from: 2, to: 4, value_sat: 60, basis: "assertion" },
  ],
  back: [],
  back_sat: 0,
  within: [],
};

test("every link is a band with its exact amount, every party a bar", () => {
  const { bars, bands } = drawn(FLOW);
  expect(bands.map((band) => [band.from.name, band.to.name, band.sat])).toEqual(
    FLOW.links.map((link) => [FLOW.nodes[link.from]?.name, FLOW.nodes[link.to]?.name, link.value_sat]),
  );
  expect(bars.map((bar) => [bar.node.name, bar.sat])).toEqual([
    ["", 100n],
    ["bc1qa", 100n],
    ["bc1qb", 60n],
    ["fee", 1n],
    ["North", 99n],
  ]);
});

test("value goes from left to right, and ends stand at the right", () => {
  const { bars } = drawn(FLOW);
  const x = Object.fromEntries(bars.map((bar) => [bar.node.name, bar.x]));
  for (const link of FLOW.links) expect(x[FLOW.nodes[link.from]?.name ?? ""]).toBeLessThan(x[FLOW.nodes[link.to]?.name ?? ""] ?? 0);
  expect(x["fee"]).toBe(x["North"]);
});

test("bars of one column do not lie on one another", () => {
  const { bars } = drawn(FLOW);
  for (const a of bars) {
    for (const b of bars) {
      if (a === b || a.x !== b.x) continue;
      expect(a.y + a.height <= b.y + 0.01 || b.y + b.height <= a.y + 0.01).toBe(true);
    }
  }
});

test("nothing traced draws nothing", () => {
  expect(drawn({ ...FLOW, links: [] }).bars).toEqual([]);
});
