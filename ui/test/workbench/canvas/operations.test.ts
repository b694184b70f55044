import { expect, test } from "vitest";
import { canonicalOf } from "../../../src/workbench/canvas/model/canonical";
import { act, begin, redo, undo } from "../../../src/workbench/canvas/model/history";
import { apply, invert } from "../../../src/workbench/canvas/model/operation";
import {
  add,
  annotate,
  collapse,
  group,
  move,
  pin,
  remove,
  set,
  switchKind,
} from "../../../src/workbench/canvas/model/operations";
import { emptyPicture, type Picture } from "../../../src/workbench/canvas/model/picture";
import { readPicture } from "../../../src/workbench/canvas/model/read";
import { anything, chance, cluster, edge, part, party, pictureOf, tx } from "./made";

const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

test("every operation taken back leaves what was, in any order of work", () => {
  for (const seed of SEEDS) {
    const random = chance(seed);
    let picture: Picture = emptyPicture();
    for (let step = 0; step < 60; step++) {
      const before = canonicalOf(picture);
      const operation = anything(picture, random);
      const after = apply(picture, operation);
      expect(canonicalOf(picture), "the old picture is not touched").toBe(before);
      expect(canonicalOf(apply(after, invert(operation))), `${seed}/${step} ${operation.verb}`).toBe(before);
      picture = after;
    }
  }
});

test("undoing all and doing it again gives the same bytes, also through JSON", () => {
  for (const seed of SEEDS) {
    const random = chance(seed);
    let history = begin(emptyPicture());
    for (let step = 0; step < 60; step++) history = act(history, anything(history.picture, random));
    const end = canonicalOf(history.picture);
    const steps = history.done.length;
    expect(steps).toBeGreaterThan(20);
    history = JSON.parse(JSON.stringify(history)) as typeof history;
    for (let step = 0; step < steps; step++) history = undo(history);
    expect(canonicalOf(history.picture)).toBe(canonicalOf(emptyPicture()));
    expect(undo(history)).toBe(history);
    for (let step = 0; step < steps; step++) history = redo(history);
    expect(canonicalOf(history.picture)).toBe(end);
    expect(redo(history)).toBe(history);
  }
});

test("whatever was done, the picture holds together and reads back the same", () => {
  for (const seed of SEEDS) {
    const random = chance(seed + 100);
    let picture: Picture = emptyPicture({ tip: { height: 7, hash: "ab" } });
    for (let step = 0; step < 80; step++) picture = apply(picture, anything(picture, random));
    const text = canonicalOf(picture);
    expect(canonicalOf(readPicture(JSON.parse(text)))).toBe(text);
  }
});

test("the moves of one drag are undone at once, and other moves are not", () => {
  const start = pictureOf([tx("a", 1)]);
  const at = start.nodes["tx:a"];
  let history = begin(start);
  for (let x = 1; x <= 50; x++) {
    history = act(history, move(history.picture, { "tx:a": { x: x * 10, y: 0 } }, "drag 1"));
  }
  history = act(history, move(history.picture, { "tx:a": { x: 5, y: 5 } }, "drag 2"));
  expect(history.done.length).toBe(2);
  history = undo(history);
  expect(history.picture.nodes["tx:a"]).toMatchObject({ x: 500, y: 0 });
  history = undo(history);
  expect(history.picture.nodes["tx:a"]).toEqual(at);
});

test("a drag that ends where it began is nothing to undo", () => {
  let history = begin(pictureOf([tx("a", 1)]));
  history = act(history, move(history.picture, { "tx:a": { x: 90, y: 0 } }, "drag"));
  history = act(history, move(history.picture, { "tx:a": { x: 0, y: 0 } }, "drag"));
  expect(history.done).toEqual([]);
});

test("what was done after an undo is not mixed up with what was undone", () => {
  let history = begin(pictureOf([tx("a", 1)]));
  history = act(history, set(history.picture, { dust_sat: 500 }));
  history = undo(history);
  history = act(history, set(history.picture, { by_cluster: true }));
  expect(redo(history)).toBe(history);
  expect(history.picture.settings).toMatchObject({ dust_sat: 0, by_cluster: true });
});

test("adding again teaches new facts and leaves places and looks", () => {
  let picture = pictureOf([tx("a", 1), party("b")], [edge("tx:a", "address:b", 5)]);
  picture = apply(picture, move(picture, { "address:b": { x: 777, y: -33 } }));
  picture = apply(picture, pin(picture, ["address:b"], true));
  const tagged = party("b", { tag_count: 1, tags: [{ label: "Exchange", category: null, source: "list" }] });
  picture = apply(picture, add(picture, part([tagged])));
  expect(picture.nodes["address:b"]).toMatchObject({ x: 777, y: -33, pinned: true, tag_count: 1 });
});

test("an edge whose other end nobody knows is not added", () => {
  const picture = pictureOf([tx("a", 1)], [edge("tx:a", "address:unknown", 5)]);
  expect(picture.edges).toEqual({});
});

test("what is removed takes its edges and the remarks on them along", () => {
  let picture = pictureOf([tx("a", 1), party("b"), party("c")], [
    edge("tx:a", "address:b", 5),
    edge("tx:a", "address:c", 6),
  ]);
  picture = apply(picture, annotate(picture, { edge: "pays:tx:a>address:b" }, "half"));
  picture = apply(picture, annotate(picture, { node: "address:c" }, "the rest"));
  picture = apply(picture, group(picture, ["address:b"], "box"));
  picture = apply(picture, remove(picture, ["address:b"]));
  expect(Object.keys(picture.nodes)).toEqual(["tx:a", "address:c"]);
  expect(Object.keys(picture.edges)).toEqual(["pays:tx:a>address:c"]);
  expect(Object.values(picture.notes).map((note) => note.text)).toEqual(["the rest"]);
  expect(picture.groups).toEqual({});
});

test("closing a side takes what hangs on it alone, not what is pinned, annotated or joined", () => {
  let picture = pictureOf(
    [tx("a", 1), party("leaf"), party("pinned"), party("noted"), party("joined"), tx("b", 9)],
    [
      edge("tx:a", "address:leaf", 1),
      edge("tx:a", "address:pinned", 2),
      edge("tx:a", "address:noted", 3),
      edge("tx:a", "address:joined", 4),
      edge("address:joined", "tx:b", 4),
    ],
  );
  picture = apply(picture, pin(picture, ["address:pinned"], true));
  picture = apply(picture, annotate(picture, { node: "address:noted" }, "see me"));
  const closed = apply(picture, collapse(picture, "tx:a", "out"));
  expect(Object.keys(closed.nodes).sort()).toEqual(
    ["address:joined", "address:noted", "address:pinned", "tx:a", "tx:b"],
  );
  expect(apply(picture, collapse(picture, "tx:a", "in"))).toEqual(picture);
});

test("addresses shown as their cluster: it stands in the first one's place and keeps the remarks", () => {
  let picture = pictureOf(
    [tx("a", 1), party("b", { cluster: "b" }), party("c", { cluster: "b" })],
    [edge("tx:a", "address:b", 5), edge("tx:a", "address:c", 6)],
  );
  picture = apply(picture, annotate(picture, { node: "address:b" }, "mine"));
  const place = picture.nodes["address:b"];
  const given = part([cluster("b")], [edge("tx:a", "cluster:b", 11, { basis: "inference" })]);
  picture = apply(picture, switchKind(picture, ["address:b", "address:c"], "cluster:b", given));
  expect(Object.keys(picture.nodes).sort()).toEqual(["cluster:b", "tx:a"]);
  expect(picture.nodes["cluster:b"]).toMatchObject({ x: place?.x, y: place?.y });
  expect(Object.values(picture.edges)).toMatchObject([{ value_sat: 11, basis: "inference" }]);
  expect(Object.values(picture.notes)).toMatchObject([{ on: { node: "cluster:b" }, text: "mine" }]);
});

test("satoshis beyond what a number holds stay exact", () => {
  const huge = 90_071_992_547_409_931n;
  const picture = pictureOf([party("service", { value_sat: huge })]);
  expect(canonicalOf(picture)).toContain('"value_sat":90071992547409931');
});
