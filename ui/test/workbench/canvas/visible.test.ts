import { expect, test } from "vitest";
import { marksOf } from "../../../src/workbench/canvas/model/axis";
import { canonicalOf } from "../../../src/workbench/canvas/model/canonical";
import { apply } from "../../../src/workbench/canvas/model/operation";
import {
  add,
  annotate,
  editGroup,
  group,
  hide,
  move,
  pin,
  remove,
  set,
} from "../../../src/workbench/canvas/model/operations";
import { edgesOf, type Picture } from "../../../src/workbench/canvas/model/picture";
import { reachOf, shortestPath, widestPath } from "../../../src/workbench/canvas/model/paths";
import { sum } from "../../../src/workbench/canvas/model/sat";
import { visibleOf } from "../../../src/workbench/canvas/model/visible";
import { anything, chance, cluster, edge, part, party, pictureOf, timeOf, tx } from "./made";

const ids = (items: readonly { id: string }[]) => items.map((item) => item.id);

const fan = (): Picture =>
  pictureOf(
    [tx("a", 10), party("x", { cluster: "k" }), party("y", { cluster: "k" }), party("z")],
    [
      edge("tx:a", "address:x", 700, { time_utc: timeOf(10) }),
      edge("tx:a", "address:y", 20, { time_utc: timeOf(10) }),
      edge("tx:a", "address:z", 3, { time_utc: timeOf(10) }),
    ],
  );

test("dust goes with the parties that have nothing else; pinned and lonely ones stay", () => {
  let picture = fan();
  picture = apply(picture, add(picture, part([party("alone")])));
  const dust = set(picture, { dust_sat: 10 });
  const view = visibleOf(apply(picture, dust));
  expect(ids(view.nodes)).toEqual(["address:alone", "address:x", "address:y", "tx:a"]);
  expect(view.edges.map((one) => one.value_sat)).toEqual([700, 20]);
  expect(view.hidden).toMatchObject({ nodes: 1, edges: 1, dust: 1 });
  picture = apply(picture, pin(picture, ["address:z"], true));
  expect(ids(visibleOf(apply(picture, dust)).nodes)).toContain("address:z");
});

test("the window of time hides transactions before and after it, ends included", () => {
  const picture = pictureOf(
    [tx("a", 10), party("p"), tx("b", 20), party("q")],
    [
      edge("tx:a", "address:p", 5, { time_utc: timeOf(10) }),
      edge("address:p", "tx:b", 5, { time_utc: timeOf(20) }),
      edge("tx:b", "address:q", 5, { time_utc: timeOf(20) }),
    ],
  );
  const from = (height: number, to: number) =>
    ids(visibleOf(apply(picture, set(picture, { from_utc: timeOf(height), to_utc: timeOf(to) }))).nodes);
  expect(from(10, 20)).toEqual(["address:p", "address:q", "tx:a", "tx:b"]);
  expect(from(11, 20)).toEqual(["address:p", "address:q", "tx:b"]);
  expect(from(10, 19)).toEqual(["address:p", "tx:a"]);
});

test("what is hidden by hand or by kind is counted", () => {
  let picture = fan();
  picture = apply(picture, hide(picture, ["address:x"]));
  picture = apply(picture, set(picture, { hidden_kinds: ["tx"] }));
  const view = visibleOf(picture);
  expect(ids(view.nodes)).toEqual(["address:y", "address:z"]);
  expect(view.hidden).toMatchObject({ nodes: 2, edges: 3, by_hand: 1, kind: 1 });
});

test("addresses of one cluster become one node; amounts add up and the basis is the weakest", () => {
  let picture = fan();
  picture = apply(picture, set(picture, { by_cluster: true }));
  const view = visibleOf(picture);
  expect(ids(view.nodes)).toEqual(["address:z", "cluster:k", "tx:a"]);
  const merged = view.edges.find((one) => one.to === "cluster:k");
  expect(merged).toMatchObject({ value_sat: 720, count: 2, basis: "inference" });
  expect(merged?.members.length).toBe(2);
  expect(view.nodes.find((node) => node.id === "cluster:k")?.members).toEqual(["address:x", "address:y"]);
});

test("a service's cluster rests on an assertion", () => {
  const service = { party: "k", label: "Exchange", category: "exchange" };
  let picture = pictureOf(
    [tx("a", 10), party("x", { cluster: "k", service }), party("y", { cluster: "k" })],
    [edge("tx:a", "address:x", 1), edge("tx:a", "address:y", 2)],
  );
  picture = apply(picture, set(picture, { by_cluster: true }));
  expect(visibleOf(picture).edges).toMatchObject([{ value_sat: 3, basis: "assertion" }]);
});

test("a cluster that is there itself is not counted again by its addresses", () => {
  let picture = pictureOf(
    [tx("a", 10), party("x", { cluster: "k" }), cluster("k")],
    [edge("tx:a", "address:x", 700), edge("tx:a", "cluster:k", 720, { basis: "inference" })],
  );
  picture = apply(picture, set(picture, { by_cluster: true }));
  expect(visibleOf(picture).edges).toMatchObject([{ to: "cluster:k", value_sat: 720 }]);
});

test("worth is summed exactly, and unknown where a part of it is", () => {
  const picture = pictureOf(
    [tx("a", 10), party("x", { cluster: "k" }), party("y", { cluster: "k" })],
    [
      edge("tx:a", "address:x", 1, { fiat: { eur: "0.10", usd: "0.1" }, traced_sat: { fifo: 1 } }),
      edge("tx:a", "address:y", 2, { fiat: { eur: "0.20", usd: null }, traced_sat: { fifo: 2, poison: 2 } }),
    ],
  );
  const view = visibleOf(apply(picture, set(picture, { by_cluster: true })));
  expect(view.edges[0]?.fiat).toEqual({ eur: "0.30", usd: null });
  expect(view.edges[0]?.traced_sat).toEqual({ fifo: 3, poison: 2 });
});

test("closing boxes and clusters loses no satoshi: what is drawn and what is within is all", () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = chance(seed);
    let picture = pictureOf([tx("s", 5000)]);
    for (let step = 0; step < 50; step++) picture = apply(picture, anything(picture, random));
    picture = apply(picture, set(picture, { dust_sat: 0, by_cluster: true }));
    const clusters = Object.values(picture.nodes).filter((node) => node.kind === "cluster");
    picture = apply(picture, remove(picture, clusters.map((node) => node.id)));
    const { nodes, edges } = visibleOf(picture);
    const stands = new Map(nodes.flatMap((node) => node.members.map((id) => [id, node.id])));
    const outside = edgesOf(picture).filter((one) => {
      const [from, to] = [stands.get(one.from), stands.get(one.to)];
      return !one.hidden && from !== undefined && to !== undefined && (from !== to || one.from === one.to);
    });
    expect(sum(edges.map((one) => one.value_sat))).toEqual(sum(outside.map((one) => one.value_sat)));
    expect(edges.flatMap((one) => one.members).sort()).toEqual(outside.map((one) => one.id).sort());
  }
});

test("a box lies around its nodes and, closed, stands for them", () => {
  let picture = fan();
  picture = apply(picture, group(picture, ["address:x", "address:z"], "Suspects"));
  const open = visibleOf(picture);
  const box = open.boxes[0];
  for (const id of box?.members ?? []) {
    const node = open.nodes.find((one) => one.id === id);
    expect(Math.abs((node?.x ?? 1e9) - (box?.x ?? 0))).toBeLessThan((box?.width ?? 0) / 2);
    expect(Math.abs((node?.y ?? 1e9) - (box?.y ?? 0))).toBeLessThan((box?.height ?? 0) / 2);
  }
  picture = apply(picture, editGroup(picture, "group:1", { closed: true }));
  const closed = visibleOf(picture);
  expect(closed.boxes).toEqual([]);
  expect(ids(closed.nodes)).toEqual(["address:y", "group:1", "tx:a"]);
  expect(closed.edges.find((one) => one.to === "group:1")).toMatchObject({ value_sat: 703, basis: "fact" });
});

test("remarks stand by what they are on and go with it", () => {
  let picture = fan();
  picture = apply(picture, annotate(picture, { node: "address:x" }, "look", { x: 0, y: -60 }));
  picture = apply(picture, move(picture, { "address:x": { x: 500, y: 500 } }));
  expect(visibleOf(picture).notes).toMatchObject([{ x: 500, y: 440, to: { x: 500, y: 500 } }]);
  expect(visibleOf(apply(picture, hide(picture, ["address:x"]))).notes).toEqual([]);
});

test("of an opened side the rest is told, and of a closed one nothing", () => {
  let picture = pictureOf([tx("a", 10, { out_count: 5, value_sat: 100 })]);
  const given = part([party("x"), party("y")], [
    edge("tx:a", "address:x", 40, { outpoints: ["a:0"] }),
    edge("tx:a", "address:y", 30, { outpoints: ["a:1", "a:2"], count: 2 }),
  ]);
  expect(visibleOf(apply(picture, add(picture, given, "tx:a"))).more).toEqual([]);
  picture = apply(picture, add(picture, given, "tx:a", { node: "tx:a", direction: "out", as: "address" }));
  expect(visibleOf(picture).more).toMatchObject([
    { id: "more:tx:a:out", count: 2, of: "outputs", value_sat: 30 },
  ]);
  picture = apply(picture, remove(picture, ["address:y"]));
  expect(visibleOf(picture).more).toMatchObject([{ count: 4, value_sat: 60 }]);
});

test("an output shown as an address and as what spends it counts once", () => {
  let picture = pictureOf([tx("a", 10, { out_count: 2 })]);
  const asked = { node: "tx:a", direction: "out", as: "tx" } as const;
  const given = part([party("x"), tx("b", 11)], [
    edge("tx:a", "address:x", 40, { outpoints: ["a:0"] }),
    edge("tx:a", "tx:b", 40, { outpoints: ["a:0"] }),
  ]);
  picture = apply(picture, add(picture, given, "tx:a", asked));
  expect(visibleOf(picture).more).toMatchObject([{ count: 1, value_sat: null }]);
});

test("of counterparties the rest is what the server said was left, and grows by what is removed", () => {
  let picture = pictureOf([party("a", { in_count: 4, out_count: 900 })]);
  const asked = { node: "address:a", direction: "out", as: "cluster" } as const;
  const given = part(
    [cluster("x"), cluster("y")],
    [edge("address:a", "cluster:x", 40), edge("address:a", "cluster:y", 30)],
    [{ node: "address:a", direction: "out", count: 312, value_sat: 1000 }],
  );
  picture = apply(picture, add(picture, given, "address:a", asked));
  expect(visibleOf(picture).more).toMatchObject([{ count: 312, of: "parties", value_sat: 1000 }]);
  picture = apply(picture, remove(picture, ["cluster:y"]));
  expect(visibleOf(picture).more).toMatchObject([{ count: 313, value_sat: 1030, at_least: false }]);
  const partial = { ...given, at_least: true };
  expect(visibleOf(apply(picture, add(picture, partial, "address:a", asked))).more).toMatchObject([{ at_least: true }]);
});

test("what is drawn does not depend on the order in which things came", () => {
  const nodes = [tx("a", 10), party("x", { cluster: "k" }), party("y", { cluster: "k" })];
  const edges = [edge("tx:a", "address:x", 1), edge("tx:a", "address:y", 2)];
  const picture = apply(pictureOf(nodes, edges), set(pictureOf([]), { by_cluster: true }));
  const turned = JSON.parse(canonicalOf(picture)) as Picture;
  turned.nodes = Object.fromEntries(Object.entries(turned.nodes).reverse());
  turned.edges = Object.fromEntries(Object.entries(turned.edges).reverse());
  expect(visibleOf(turned)).toEqual(visibleOf(picture));
});

test("the shortest way, the widest way and what can be reached", () => {
  const picture = pictureOf(
    [tx("a", 1), party("p"), party("q"), tx("b", 2), party("r"), tx("c", 3)],
    [
      edge("tx:a", "address:p", 5),
      edge("address:p", "tx:c", 5),
      edge("tx:a", "address:q", 90),
      edge("address:q", "tx:b", 90),
      edge("tx:b", "address:r", 80),
      edge("address:r", "tx:c", 70),
    ],
  );
  expect(shortestPath(picture, "tx:a", "tx:c")).toMatchObject({
    nodes: ["tx:a", "address:p", "tx:c"],
    value_sat: 5,
  });
  expect(widestPath(picture, "tx:a", "tx:c")).toMatchObject({
    nodes: ["tx:a", "address:q", "tx:b", "address:r", "tx:c"],
    value_sat: 70,
  });
  expect(shortestPath(picture, "tx:c", "tx:a")).toBeNull();
  expect(widestPath(picture, "tx:c", "tx:a")).toBeNull();
  expect([...reachOf(picture, "tx:b", "out")].sort()).toEqual(["address:r", "tx:b", "tx:c"]);
  expect([...reachOf(picture, "tx:b", "in")].sort()).toEqual(["address:q", "tx:a", "tx:b"]);
  expect(widestPath(apply(picture, hide(picture, ["tx:b"])), "tx:a", "tx:c")?.value_sat).toBe(5);
});

test("the axis has a date for each column of transactions", () => {
  const at = (name: string, height: number, x: number) => ({ ...tx(name, height), x });
  const nodes = [at("a", 0, 0), at("b", 1, 20), at("c", 1000, 600), at("d", 2000, 620), at("e", 60_000, 1200)];
  let picture = pictureOf([]);
  for (const node of nodes) {
    picture = apply(picture, add(picture, part([node])));
    picture = apply(picture, move(picture, { [node.id]: { x: node.x, y: node.x } }));
  }
  expect(marksOf(visibleOf(picture)).map((mark) => mark.text)).toEqual([
    "2024-01-01",
    "2024-01-07 – 01-14",
    "2025-02-20",
  ]);
});
