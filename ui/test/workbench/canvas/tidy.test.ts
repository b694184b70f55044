import ELK from "elkjs/lib/elk.bundled.js";
import { expect, test } from "vitest";
import { asked, placesOf } from "../../../src/workbench/canvas/model/elk";
import { apply } from "../../../src/workbench/canvas/model/operation";
import { move } from "../../../src/workbench/canvas/model/operations";
import { nodesOf, type Picture } from "../../../src/workbench/canvas/model/picture";
import { rowsOf, spread } from "../../../src/workbench/canvas/model/rows";
import { ROW } from "../../../src/workbench/canvas/model/space";
import { tidy, type Layered } from "../../../src/workbench/canvas/model/tidy";
import { chance, edge, party, pictureOf, tx } from "./made";

/** The same reckoning as in the worker, in this thread. */
const layered: Layered = async (graph) => placesOf(await new ELK().layout(asked(graph)));

/** How many pairs of edges between the same two columns cross. */
function crossings(picture: Picture): number {
  const lines = Object.values(picture.edges).flatMap(({ from, to }) => {
    const [a, b] = [picture.nodes[from], picture.nodes[to]];
    return a === undefined || b === undefined ? [] : [{ a, b }];
  });
  let found = 0;
  lines.forEach((one, index) => {
    for (const other of lines.slice(index + 1)) {
      if (one.a.x !== other.a.x || one.b.x !== other.b.x) continue;
      if ((one.a.y - other.a.y) * (one.b.y - other.b.y) < 0) found++;
    }
  });
  return found;
}

/** Ten chains of four steps, thrown about. */
function tangled(): Picture {
  const nodes = [];
  const edges = [];
  for (let chain = 0; chain < 10; chain++) {
    for (let step = 0; step < 4; step++) {
      const name = `${chain}-${step}`;
      nodes.push(tx(`t${name}`, step * 1000), party(`p${name}`));
      edges.push(edge(`tx:t${name}`, `address:p${name}`, 5, { height: step * 1000 }));
      if (step > 0) {
        edges.push(edge(`address:p${chain}-${step - 1}`, `tx:t${name}`, 5, { height: step * 1000 }));
      }
    }
  }
  const picture = pictureOf(nodes, edges);
  const random = chance(5);
  const thrown = nodesOf(picture).map(({ id }) => [id, { x: random() * 3000, y: random() * 3000 }]);
  return apply(picture, move(picture, Object.fromEntries(thrown)));
}

test("a tangle of chains comes apart, each step in its column", async () => {
  const picture = tangled();
  const tidied = apply(picture, await tidy(picture, layered));
  expect(crossings(tidied)).toBe(0);
  for (let chain = 0; chain < 10; chain++) {
    const xs = [0, 1, 2, 3].flatMap((step) => [
      tidied.nodes[`tx:t${chain}-${step}`]?.x ?? 0,
      tidied.nodes[`address:p${chain}-${step}`]?.x ?? 0,
    ]);
    expect(xs).toEqual([...new Set(xs)].sort((a, b) => a - b));
    expect(tidied.nodes[`tx:t${chain}-2`]?.x).toBe(tidied.nodes["tx:t0-2"]?.x);
  }
});

test("a chain is a straight line, and what wants the same row stands close by it", () => {
  const nodes = [0, 1, 2, 3].map((column) => ({ id: `a${column}`, column, order: 0 }));
  const more = { id: "b", column: 1, order: 1 };
  const edges = [["a0", "a1"], ["a1", "a2"], ["a2", "a3"], ["a0", "b"]].map(([from = "", to = ""]) => ({ from, to }));
  const rows = rowsOf([...nodes, more], edges);
  expect(rows.get("a2")).toBe(rows.get("a1"));
  expect(rows.get("a3")).toBe(rows.get("a1"));
  expect(rows.get("b")).toBe((rows.get("a1") ?? 0) + ROW);
});

test("places are as near to those wanted as order and room let", () => {
  expect(spread([0, 500])).toEqual([0, 500]);
  expect(spread([100, 100, 100])).toEqual([100 - ROW, 100, 100 + ROW]);
  expect(spread([500, 0])).toEqual([250 - ROW / 2, 250 + ROW / 2]);
  const random = chance(9);
  const wanted = Array.from({ length: 200 }, () => random() * 3000);
  const given = spread(wanted);
  given.slice(1).forEach((at, index) => expect(at - (given[index] ?? 0)).toBeGreaterThan(ROW - 1e-6));
});

test("tidying the same picture gives the same places", async () => {
  const picture = tangled();
  expect(await tidy(picture, layered)).toEqual(await tidy(picture, layered));
});

test("what is tidy stays as it is", async () => {
  const picture = tangled();
  const tidied = apply(picture, await tidy(picture, layered));
  const again = apply(tidied, await tidy(tidied, layered));
  expect(crossings(again)).toBe(0);
});
