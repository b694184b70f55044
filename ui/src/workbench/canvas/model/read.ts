/** A picture from JSON: checked, for a file may have been changed by another hand. */

import type { Direction, FlowChange, FlowEdge, FlowNode, FlowTag } from "./flow";
import {
  COLOURS,
  type Colour,
  type Group,
  type Note,
  type Opened,
  type Picture,
  type PictureEdge,
  type PictureNode,
  type Settings,
} from "./picture";
import type { Sat } from "./sat";

/** What a JSON is not, and where. */
export class NotAPicture extends Error {}

type Fields = Record<string, unknown>;
type Reader<T> = (value: unknown, where: string) => T;

const FAR = 10_000_000;

/** The picture that the JSON holds. Throws NotAPicture with the first thing that is wrong.
 *
 * Fields that this version does not know are left out.
 */
export function readPicture(json: unknown): Picture {
  const given = fields(json, "picture");
  if (given.format !== "peelchain-picture") wrong("picture.format", `"peelchain-picture"`);
  if (given.version !== 1) wrong("picture.version", "1: it was made by another version");
  const groups = table(given.groups, "groups", /^group:\d{1,9}$/, group);
  const nodes = table(given.nodes, "nodes", /^(tx|address|cluster|end):./su, node);
  const edges = table(given.edges, "edges", /./su, edge);
  for (const { id, group: name } of Object.values(nodes)) {
    if (name !== null && !Object.hasOwn(groups, name)) wrong(`nodes.${id}.group`, "a group of the picture");
  }
  for (const { id, from, to } of Object.values(edges)) {
    for (const end of [from, to]) {
      if (!Object.hasOwn(nodes, end)) wrong(`edges.${id}`, "an edge between nodes of the picture");
    }
  }
  const notes = table(given.notes, "notes", /^note:\d{1,9}$/, note);
  for (const { id, on } of Object.values(notes)) {
    if (on === null) continue;
    const held = "node" in on ? Object.hasOwn(nodes, on.node) : Object.hasOwn(edges, on.edge);
    if (!held) wrong(`notes.${id}.on`, "something of the picture");
  }
  return {
    format: "peelchain-picture",
    version: 1,
    nodes,
    edges,
    notes,
    groups,
    settings: settings(given.settings, "settings"),
    made_on: given.made_on ?? null,
  };
}

const node: Reader<PictureNode> = (value, where) => {
  const given = fields(value, where);
  const at = (name: string) => `${where}.${name}`;
  const plain: FlowNode = {
    id: text(given.id, at("id")),
    kind: oneOf(["tx", "address", "cluster", "end"])(given.kind, at("kind")),
    label: text(given.label, at("label")),
    time_utc: orNull(time)(given.time_utc, at("time_utc")),
    height: orNull(count)(given.height, at("height")),
    in_count: count(given.in_count, at("in_count")),
    out_count: count(given.out_count, at("out_count")),
    service: orNull(service)(given.service, at("service")),
    tags: list(tag)(given.tags, at("tags")),
    tag_count: count(given.tag_count, at("tag_count")),
    coinjoin: orNull(text)(given.coinjoin, at("coinjoin")),
    incomplete: yesNo(given.incomplete, at("incomplete")),
    ...optional(given, "value_sat", sat, at),
    ...optional(given, "scripts", count, at),
    ...optional(given, "script_type", orNull(text), at),
    ...optional(given, "cluster", orNull(text), at),
  };
  const opened = fields(given.opened, at("opened"));
  const side = (direction: Direction) => orNull(openedSide)(opened[direction], at(`opened.${direction}`));
  return {
    ...plain,
    x: place(given.x, at("x")),
    y: place(given.y, at("y")),
    pinned: yesNo(given.pinned, at("pinned")),
    hidden: yesNo(given.hidden, at("hidden")),
    highlighted: yesNo(given.highlighted, at("highlighted")),
    colour: orNull(colour)(given.colour, at("colour")),
    group: orNull(text)(given.group, at("group")),
    opened: { in: side("in"), out: side("out") },
  };
};

const edge: Reader<PictureEdge> = (value, where) => {
  const given = fields(value, where);
  const at = (name: string) => `${where}.${name}`;
  const plain: FlowEdge = {
    id: text(given.id, at("id")),
    from: text(given.from, at("from")),
    to: text(given.to, at("to")),
    kind: oneOf(["pays", "spends", "spent", "flow"])(given.kind, at("kind")),
    value_sat: sat(given.value_sat, at("value_sat")),
    time_utc: orNull(time)(given.time_utc, at("time_utc")),
    height: orNull(count)(given.height, at("height")),
    count: count(given.count, at("count")),
    outpoints: list(text)(given.outpoints, at("outpoints")),
    basis: oneOf(["fact", "inference", "assertion"])(given.basis, at("basis")),
    ...optional(given, "last_utc", orNull(time), at),
    ...optional(given, "rule", text, at),
    ...optional(given, "change", orNull(change), at),
    ...optional(given, "traced_sat", record(sat), at),
    ...optional(given, "fiat", record(orNull(text)), at),
  };
  return {
    ...plain,
    hidden: yesNo(given.hidden, at("hidden")),
    highlighted: yesNo(given.highlighted, at("highlighted")),
    colour: orNull(colour)(given.colour, at("colour")),
  };
};

const note: Reader<Note> = (value, where) => {
  const given = fields(value, where);
  return {
    id: text(given.id, `${where}.id`),
    on: orNull(hook)(given.on, `${where}.on`),
    text: text(given.text, `${where}.text`),
    x: place(given.x, `${where}.x`),
    y: place(given.y, `${where}.y`),
    colour: orNull(colour)(given.colour, `${where}.colour`),
  };
};

const hook: Reader<{ node: string } | { edge: string }> = (value, where) => {
  const given = fields(value, where);
  return given.node === undefined
    ? { edge: text(given.edge, `${where}.edge`) }
    : { node: text(given.node, `${where}.node`) };
};

const group: Reader<Group> = (value, where) => {
  const given = fields(value, where);
  return {
    id: text(given.id, `${where}.id`),
    label: text(given.label, `${where}.label`),
    closed: yesNo(given.closed, `${where}.closed`),
    colour: orNull(colour)(given.colour, `${where}.colour`),
  };
};

const settings: Reader<Settings> = (value, where) => {
  const given = fields(value, where);
  const at = (name: string) => `${where}.${name}`;
  return {
    unit: text(given.unit, at("unit")),
    dust_sat: count(given.dust_sat, at("dust_sat")),
    from_utc: orNull(time)(given.from_utc, at("from_utc")),
    to_utc: orNull(time)(given.to_utc, at("to_utc")),
    hidden_kinds: list(text)(given.hidden_kinds, at("hidden_kinds")),
    by_cluster: yesNo(given.by_cluster, at("by_cluster")),
    edge_labels: oneOf(["amount", "amount_date", "none"])(given.edge_labels, at("edge_labels")),
  };
};

const service: Reader<FlowNode["service"]> = (value, where) => {
  const given = fields(value, where);
  return {
    party: text(given.party, `${where}.party`),
    label: text(given.label, `${where}.label`),
    category: orNull(text)(given.category, `${where}.category`),
  };
};

const tag: Reader<FlowTag> = (value, where) => {
  const given = fields(value, where);
  return {
    label: text(given.label, `${where}.label`),
    category: orNull(text)(given.category, `${where}.category`),
    source: text(given.source, `${where}.source`),
  };
};

const change: Reader<FlowChange> = (value, where) => {
  const given = fields(value, where);
  return {
    probability: orNull(number)(given.probability, `${where}.probability`),
    verdict: text(given.verdict, `${where}.verdict`),
  };
};

const openedSide: Reader<Opened> = (value, where) => {
  const given = fields(value, where);
  return {
    as: oneOf(["tx", "address", "cluster"])(given.as, `${where}.as`),
    total: orNull(count)(given.total, `${where}.total`),
    total_sat: orNull(sat)(given.total_sat, `${where}.total_sat`),
  };
};

const text: Reader<string> = (value, where) =>
  typeof value === "string" ? value : wrong(where, "a text");

const yesNo: Reader<boolean> = (value, where) =>
  typeof value === "boolean" ? value : wrong(where, "true or false");

const number: Reader<number> = (value, where) =>
  typeof value === "number" && Number.isFinite(value) ? value : wrong(where, "a number");

const count: Reader<number> = (value, where) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(where, "a whole number");

const sat: Reader<Sat> = (value, where) =>
  typeof value === "bigint" && value >= 0n ? value : count(value, where);

const place: Reader<number> = (value, where) =>
  Number.isInteger(value) && Math.abs(value as number) <= FAR
    ? (value as number)
    : wrong(where, "a place on the drawing");

const time: Reader<string> = (value, where) =>
  typeof value === "string" && /^\d{4}-\d\d-\d\d([T ][\d:.]+Z?)?$/.test(value)
    ? value
    : wrong(where, "a time in UTC");

const colour: Reader<Colour> = (value, where) => oneOf(COLOURS)(value, where);

function oneOf<T extends string>(words: readonly T[]): Reader<T> {
  return (value, where) =>
    words.includes(value as T) ? (value as T) : wrong(where, `one of ${words.join(", ")}`);
}

function orNull<T>(read: Reader<T>): Reader<T | null> {
  return (value, where) => (value === null || value === undefined ? null : read(value, where));
}

function list<T>(read: Reader<T>): Reader<T[]> {
  return (value, where) =>
    Array.isArray(value)
      ? value.map((item, index) => read(item, `${where}[${index}]`))
      : wrong(where, "a list");
}

function record<T>(read: Reader<T>): Reader<Record<string, T>> {
  return (value, where) =>
    Object.fromEntries(
      Object.entries(fields(value, where)).map(([key, item]) => [key, read(item, `${where}.${key}`)]),
    );
}

function optional<K extends string, T>(
  given: Fields,
  name: K,
  read: Reader<T>,
  at: (name: string) => string,
): Partial<Record<K, T>> {
  if (given[name] === undefined) return {};
  return { [name]: read(given[name], at(name)) } as Partial<Record<K, T>>;
}

/** A table whose records are named by their keys. */
function table<T extends { id: string }>(
  value: unknown,
  where: string,
  name: RegExp,
  read: Reader<T>,
): Record<string, T> {
  const records = Object.entries(fields(value, where)).map(([key, item]): [string, T] => {
    const found = read(item, `${where}.${key}`);
    // "__proto__" is no name: as a key it would change what a table is.
    if (found.id !== key || key === "__proto__" || !name.test(key)) wrong(`${where}.${key}`, "named by its id");
    return [key, found];
  });
  return Object.fromEntries(records);
}

function fields(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(where, "an object");
  return value as Fields;
}

function wrong(where: string, expected: string): never {
  throw new NotAPicture(`${where} is not ${expected}`);
}
