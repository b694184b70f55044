/** Pictures and operations made from a seed: the same ones each time. */

import type { FlowEdge, FlowNode, FlowPart } from "../../../src/workbench/canvas/model/flow";
import { apply, type Operation } from "../../../src/workbench/canvas/model/operation";
import {
  add,
  annotate,
  collapse,
  editGroup,
  editNote,
  eraseNote,
  group,
  hide,
  highlight,
  move,
  paint,
  pin,
  remove,
  set,
  show,
  switchKind,
  ungroup,
} from "../../../src/workbench/canvas/model/operations";
import { COLOURS, edgesOf, emptyPicture, nodesOf, type Picture } from "../../../src/workbench/canvas/model/picture";

/** Numbers from 0 up to 1, the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A time some blocks after a first day. */
export function timeOf(height: number): string {
  return new Date(Date.UTC(2024, 0, 1) + height * 600_000).toISOString().slice(0, 19) + "Z";
}

export function tx(name: string, height: number | null, more: Partial<FlowNode> = {}): FlowNode {
  return {
    id: `tx:${name}`,
    kind: "tx",
    label: name,
    time_utc: height === null ? null : timeOf(height),
    height,
    value_sat: 1_000_000,
    in_count: 2,
    out_count: 3,
    service: null,
    tags: [],
    tag_count: 0,
    coinjoin: null,
    incomplete: false,
    ...more,
  };
}

export function party(name: string, more: Partial<FlowNode> = {}): FlowNode {
  return { ...tx(name, null), id: `address:${name}`, kind: "address", cluster: null, ...more };
}

export function cluster(name: string, more: Partial<FlowNode> = {}): FlowNode {
  return { ...tx(name, null), id: `cluster:${name}`, kind: "cluster", scripts: 5, ...more };
}

export function edge(from: string, to: string, value_sat: number, more: Partial<FlowEdge> = {}): FlowEdge {
  const kind = from.startsWith("tx:") ? (to.startsWith("tx:") || to.startsWith("end:") ? "spent" : "pays") : to.startsWith("tx:") ? "spends" : "flow";
  return {
    id: `${kind}:${from}>${to}`,
    from,
    to,
    kind,
    value_sat,
    time_utc: null,
    height: null,
    count: 1,
    outpoints: [`${from}:${to}`],
    basis: "fact",
    ...more,
  };
}

export function part(nodes: FlowNode[], edges: FlowEdge[] = [], more: FlowPart["more"] = []): FlowPart {
  return { nodes, edges, more };
}

export function pictureOf(nodes: FlowNode[], edges: FlowEdge[] = []): Picture {
  const picture = emptyPicture();
  return apply(picture, add(picture, part(nodes, edges)));
}

/** Neighbours of a node that the server might give: fresh ones and some that are there. */
export function neighbours(picture: Picture, id: string, random: () => number, most = 6): FlowPart {
  const base = picture.nodes[id];
  const count = 1 + Math.floor(random() * most);
  const nodes: FlowNode[] = [];
  const edges: FlowEdge[] = [];
  const there = nodesOf(picture);
  for (let i = 0; i < count; i++) {
    const out = random() < 0.6;
    const height = Math.max(0, (base?.height ?? 5000) + (out ? 1 : -1) * Math.floor(random() * 2000));
    const name = Math.floor(random() * 2 ** 32).toString(16).padStart(8, "0");
    const old = there[Math.floor(random() * there.length)];
    const again = random() < 0.15 && old !== undefined && old.id !== id && (old.kind === "tx") !== (base?.kind === "tx");
    const node = again ? old : base?.kind === "tx"
      ? party(name, { cluster: random() < 0.5 ? `c${Math.floor(random() * 5)}` : null, height })
      : tx(name, height, { in_count: Math.floor(random() * 9), out_count: Math.floor(random() * 40) });
    nodes.push(node);
    const [from, to] = out ? [id, node.id] : [node.id, id];
    edges.push(edge(from, to, Math.floor(random() * 1e9), { height, time_utc: timeOf(height) }));
  }
  return part(nodes, edges, [{ node: id, direction: "out", count: 7, value_sat: 700 }]);
}

/** Something that somebody might do to the picture. */
export function anything(picture: Picture, random: () => number): Operation {
  const ids = Object.keys(picture.nodes).sort();
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const some = (): string[] => ids.filter(() => random() < 0.2);
  const groups = Object.keys(picture.groups);
  const notes = Object.keys(picture.notes);
  if (ids.length < 3) return add(picture, part([tx(`start${random()}`, 5000 + ids.length)]));
  const id = pick(ids);
  const moves = (): Operation =>
    move(picture, Object.fromEntries(some().map((one) => [one, { x: random() * 4000, y: random() * 4000 }])), "drag");
  const choices: (() => Operation)[] = [
    () => add(picture, neighbours(picture, id, random), id, { node: id, direction: "out", as: "address" }),
    () => add(picture, neighbours(picture, id, random), id),
    () => remove(picture, [id, pick([...edgesOf(picture).map((one) => one.id), id])]),
    () => collapse(picture, id, pick(["in", "out", "both"])),
    () => hide(picture, some()),
    () => show(picture, random() < 0.5 ? null : some()),
    moves,
    moves,
    () => pin(picture, some(), random() < 0.5),
    () => paint(picture, [...some(), ...groups, ...notes], pick([...COLOURS, null])),
    () => highlight(picture, some()),
    () => annotate(picture, pick([{ node: id }, null]), `a remark ${random()}`),
    () => (notes.length > 0 ? editNote(picture, pick(notes), { text: "changed", x: random() * 100 }) : moves()),
    () => (notes.length > 0 ? eraseNote(picture, pick(notes)) : moves()),
    () => group(picture, some(), "a box"),
    () => (groups.length > 0 ? ungroup(picture, pick(groups)) : moves()),
    () => (groups.length > 0 ? editGroup(picture, pick(groups), { closed: random() < 0.5 }) : moves()),
    () => set(picture, { dust_sat: Math.floor(random() * 1000), by_cluster: random() < 0.5 }),
    () => {
      const owned = nodesOf(picture).filter((node) => node.kind === "address" && node.cluster != null);
      const name = owned[0]?.cluster;
      if (name == null) return moves();
      const same = owned.filter((node) => node.cluster === name).map((node) => node.id);
      const whole = cluster(name);
      const edges = edgesOf(picture)
        .filter((one) => same.includes(one.from) && !same.includes(one.to))
        .map((one) => edge(whole.id, one.to, Number(one.value_sat), { basis: "inference" }));
      return switchKind(picture, same, whole.id, part([whole], edges));
    },
  ];
  return pick(choices)();
}
