import { expect, test } from "vitest";
import { columnsOf } from "../../../src/workbench/canvas/model/columns";
import { apply } from "../../../src/workbench/canvas/model/operation";
import { add, move, pin } from "../../../src/workbench/canvas/model/operations";
import { emptyPicture, nodesOf, type Picture } from "../../../src/workbench/canvas/model/picture";
import { COLUMN, NODE_HEIGHT, NODE_WIDTH, overlap, type Point } from "../../../src/workbench/canvas/model/space";
import { tidy, type Graph, type Layered } from "../../../src/workbench/canvas/model/tidy";
import { canonicalOf } from "../../../src/workbench/canvas/model/canonical";
import { chance, edge, neighbours, part, party, pictureOf, timeOf, tx } from "./made";

const places = (picture: Picture) =>
  new Map(nodesOf(picture).map(({ id, x, y }) => [id, { x, y }]));

function overlaps(points: readonly Point[]): number {
  let found = 0;
  points.forEach((a, index) => {
    for (const b of points.slice(index + 1)) if (overlap(a, b)) found++;
  });
  return found;
}

/** A picture that grew by expanding one node after another. */
function grown(seed: number, steps: number, after: (before: Picture, now: Picture) => void = () => {}) {
  const random = chance(seed);
  let picture = pictureOf([tx("start", 5000)]);
  for (let step = 0; step < steps; step++) {
    const ids = Object.keys(picture.nodes).sort();
    const id = ids[Math.floor(random() * ids.length)] as string;
    const next = apply(picture, add(picture, neighbours(picture, id, random, 12), id));
    after(picture, next);
    picture = next;
  }
  return picture;
}

test("expanding never moves what is there, and no two nodes lie on each other", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const picture = grown(seed, 40, (before, now) => {
      const then = places(before);
      for (const [id, at] of then) expect(now.nodes[id]).toMatchObject(at);
    });
    expect(nodesOf(picture).length).toBeGreaterThan(100);
    expect(overlaps(nodesOf(picture))).toBe(0);
  }
});

test("the same work gives the same places", () => {
  expect(canonicalOf(grown(7, 30))).toBe(canonicalOf(grown(7, 30)));
});

test("money goes to the right: outputs right of their transaction, inputs left of it", () => {
  let picture = pictureOf([tx("a", 100)]);
  const given = part(
    [party("in"), party("big"), party("small")],
    [edge("address:in", "tx:a", 9), edge("tx:a", "address:big", 8), edge("tx:a", "address:small", 1)],
  );
  picture = apply(picture, add(picture, given, "tx:a"));
  const at = places(picture);
  expect(at.get("address:in")).toEqual({ x: -COLUMN, y: 0 });
  expect(at.get("address:big")).toEqual({ x: COLUMN, y: 0 });
  expect(at.get("address:small")?.x).toBe(COLUMN);
});

test("transactions of a party stand in the order of time, later ones further right", () => {
  let picture = pictureOf([party("a")]);
  const heights = [9000, 100, 5000, 700, 8000, 101];
  const txs = heights.map((height) => tx(`t${height}`, height));
  picture = apply(picture, add(picture, part(txs, txs.map((one) => edge("address:a", one.id, 5))), "address:a"));
  const xs = [...heights].sort((a, b) => a - b).map((height) => picture.nodes[`tx:t${height}`]?.x ?? 0);
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
  expect(xs[0]).toBeGreaterThanOrEqual(COLUMN);
  expect(new Set(xs).size).toBeGreaterThan(2);
});

test("a transaction between two that are there in time stands between them", () => {
  let picture = pictureOf([tx("early", 100)]);
  picture = apply(picture, add(picture, part([tx("late", 9000)])));
  picture = apply(picture, move(picture, { "tx:early": { x: 0, y: 0 }, "tx:late": { x: 3000, y: 0 } }));
  picture = apply(picture, add(picture, part([party("p")], [edge("tx:early", "address:p", 5)]), "tx:early"));
  const given = part([tx("middle", 5000)], [edge("address:p", "tx:middle", 5)]);
  picture = apply(picture, add(picture, given, "address:p"));
  const x = picture.nodes["tx:middle"]?.x ?? 0;
  expect(x).toBeGreaterThan(picture.nodes["address:p"]?.x ?? 0);
  expect(x).toBeLessThan(3000);
});

test("a party that joins two transactions lies between them", () => {
  let picture = pictureOf([tx("a", 100)]);
  picture = apply(picture, add(picture, part([tx("b", 200)])));
  picture = apply(picture, move(picture, { "tx:a": { x: 0, y: 0 }, "tx:b": { x: 1200, y: 300 } }));
  const given = part([party("p")], [edge("tx:a", "address:p", 5), edge("address:p", "tx:b", 5)]);
  picture = apply(picture, add(picture, given, "tx:a"));
  expect(picture.nodes["address:p"]?.x).toBe(600);
});

test("a whole trace is laid out left to right, with no two nodes on each other", () => {
  const random = chance(3);
  const nodes = [tx("t0", 0)];
  const edges = [];
  for (let i = 1; nodes.length < 1000; i++) {
    const from = nodes.filter((node) => node.kind === "tx")[Math.floor(random() * i * 0.9)] ?? nodes[0];
    const height = (from?.height ?? 0) + 1 + Math.floor(random() * 300);
    const between = party(`p${i}`);
    const next = tx(`t${i}`, height);
    nodes.push(between, next);
    edges.push(
      edge(from?.id ?? "", between.id, 5, { height: from?.height ?? 0, time_utc: timeOf(0) }),
      edge(between.id, next.id, 5, { height }),
    );
  }
  const picture = pictureOf(nodes, edges);
  expect(nodesOf(picture).length).toBe(nodes.length);
  expect(overlaps(nodesOf(picture))).toBe(0);
  for (const { from, to } of edges) {
    expect(picture.nodes[from]?.x, `${from} ${to}`).toBeLessThan(picture.nodes[to]?.x ?? 0);
  }
});

test("a thousand outputs of one transaction all find a place", () => {
  const parties = Array.from({ length: 1000 }, (_, index) => party(`p${index}`));
  let picture = pictureOf([tx("a", 5)]);
  const given = part(parties, parties.map((one) => edge("tx:a", one.id, 5)));
  picture = apply(picture, add(picture, given, "tx:a"));
  expect(overlaps(nodesOf(picture))).toBe(0);
  // The first, the largest, stands straight beside the transaction.
  expect(picture.nodes["address:p0"]).toMatchObject({ x: COLUMN, y: 0 });
});

test("parties that pay each other in a ring have columns all the same", () => {
  const names = ["a", "b", "c"];
  const columns = columnsOf(
    names.map((name) => ({ id: name, height: null, tx: false })),
    [
      { from: "a", to: "b", height: null },
      { from: "b", to: "c", height: null },
      { from: "c", to: "a", height: null },
    ],
  );
  expect([...columns.values()].sort()).toEqual([0, 1, 2]);
});

/** Rows in the order given, layer by layer. */
const simple: Layered = (graph: Graph) => {
  const rows = new Map<number, number>();
  return Promise.resolve(
    Object.fromEntries(
      graph.nodes.map(({ id, x }) => {
        const row = rows.get(x) ?? 0;
        rows.set(x, row + 1);
        return [id, { x, y: row * 92 }];
      }),
    ),
  );
};

test("tidying leaves what is pinned and puts nothing on anything else", async () => {
  let picture = grown(11, 30);
  const random = chance(4);
  picture = apply(
    picture,
    move(picture, Object.fromEntries(nodesOf(picture).map(({ id }) => [id, { x: random() * 900, y: random() * 900 }]))),
  );
  const fixed = nodesOf(picture).slice(0, 3).map((node) => node.id);
  // Set apart from each other: what lies on each other by hand stays so.
  picture = apply(picture, move(picture, Object.fromEntries(fixed.map((id, index) => [id, { x: index * 400, y: 0 }]))));
  picture = apply(picture, pin(picture, fixed, true));
  const operation = await tidy(picture, simple);
  expect(operation.verb).toBe("tidy");
  const tidied = apply(picture, operation);
  for (const id of fixed) expect(tidied.nodes[id]).toEqual(picture.nodes[id]);
  expect(overlaps(nodesOf(tidied))).toBe(0);
  expect(await tidy(picture, simple)).toEqual(operation);
});

test("tidied transactions stand in the order of time", async () => {
  const picture = grown(12, 25);
  const tidied = apply(picture, await tidy(picture, simple));
  const linked = new Map(
    nodesOf(tidied).filter((node) => node.kind === "tx" && node.height !== null).map((node) => [node.id, node]),
  );
  const inTime = [...linked.values()].sort((a, b) => (a.height ?? 0) - (b.height ?? 0));
  const first = inTime[0];
  const last = inTime.at(-1);
  expect(first?.x).toBeLessThan(last?.x ?? 0);
});

test("an empty picture is tidy", async () => {
  expect((await tidy(emptyPicture(), simple)).changes).toEqual([]);
});

test("a node is smaller than the room that it has", () => {
  expect(overlap({ x: 0, y: 0 }, { x: NODE_WIDTH, y: 0 })).toBe(true);
  expect(overlap({ x: 0, y: 0 }, { x: 0, y: NODE_HEIGHT + 20 })).toBe(true);
  expect(overlap({ x: 0, y: 0 }, { x: COLUMN, y: 0 })).toBe(false);
});
