/** Everything that can be done to a picture, each as the operation that does it. */

import { same } from "./canonical";
import type { Direction, FlowPart, Shape } from "./flow";
import { place, type Point } from "./layout";
import { fieldsOf, wholeOf, type Change, type Operation } from "./operation";
import {
  distinct,
  drawn,
  edgesOf,
  nodesOf,
  ordered,
  placed,
  type Colour,
  type Group,
  type Note,
  type Opened,
  type Picture,
  type PictureNode,
  type Settings,
} from "./picture";
import { sum, type Sat } from "./sat";

/** Which side of which node was asked for, and as what. */
export interface Asked {
  node: string;
  direction: Direction | "both";
  as: Shape;
}

/** Adds what the server gave. What is there keeps its place and its looks, and learns new facts.
 *
 * `anchor` is the node beside which the new ones go; `asked` marks what was opened.
 */
export function add(
  picture: Picture,
  given: FlowPart,
  anchor: string | null = null,
  asked: Asked | null = null,
): Operation {
  const part = distinct(given);
  const places = place(picture, part, anchor ?? asked?.node ?? null);
  const nodes = new Map<string, PictureNode>();
  for (const node of part.nodes) {
    const there = picture.nodes[node.id];
    const at = places.get(node.id);
    // A node that was hidden was asked for again.
    if (there !== undefined) nodes.set(node.id, { ...there, ...node, hidden: false });
    else if (at !== undefined) nodes.set(node.id, placed(node, at.x, at.y));
  }
  const held = (id: string) => nodes.has(id) || Object.hasOwn(picture.nodes, id);
  const edges = part.edges
    .filter((edge) => held(edge.from) && held(edge.to))
    .map((edge) => ({ ...drawn(edge), ...looksOf(picture, edge.id), ...edge }));
  if (asked !== null) {
    const opener = nodes.get(asked.node) ?? picture.nodes[asked.node];
    if (opener !== undefined) {
      nodes.set(asked.node, { ...opener, opened: openedBy(picture, part, opener, asked) });
    }
  }
  return {
    verb: "add",
    changes: [
      ...[...nodes.values()].flatMap((node) => wholeOf(picture, "nodes", node.id, node)),
      ...edges.flatMap((edge) => wholeOf(picture, "edges", edge.id, edge)),
    ],
  };
}

/** Takes nodes and edges away, with the edges and the remarks that hang on them. */
export function remove(picture: Picture, ids: readonly string[]): Operation {
  const gone = new Set(ids);
  const edges = edgesOf(picture).filter(
    (edge) => gone.has(edge.id) || gone.has(edge.from) || gone.has(edge.to),
  );
  const goneEdges = new Set(edges.map((edge) => edge.id));
  const notes = ordered(picture.notes).filter(
    ({ id, on }) =>
      gone.has(id) ||
      (on !== null && ("node" in on ? gone.has(on.node) : goneEdges.has(on.edge))),
  );
  const nodes = nodesOf(picture).filter((node) => gone.has(node.id));
  return {
    verb: "remove",
    changes: [
      ...notes.flatMap((note) => wholeOf(picture, "notes", note.id, null)),
      ...edges.flatMap((edge) => wholeOf(picture, "edges", edge.id, null)),
      ...nodes.flatMap((node) => wholeOf(picture, "nodes", node.id, null)),
      ...emptied(picture, gone),
    ],
  };
}

/** Closes a side of a node: what hangs on it alone goes. Pinned and annotated nodes stay. */
export function collapse(picture: Picture, id: string, direction: Direction | "both"): Operation {
  const sides: Direction[] = direction === "both" ? ["in", "out"] : [direction];
  const neighbours = new Map<string, Set<string>>();
  for (const { from, to } of edgesOf(picture)) {
    for (const [a, b] of [[from, to], [to, from]] as const) {
      const set = neighbours.get(a);
      if (set === undefined) neighbours.set(a, new Set([b]));
      else set.add(b);
    }
  }
  const annotated = new Set(
    ordered(picture.notes).flatMap(({ on }) => (on !== null && "node" in on ? [on.node] : [])),
  );
  const leaves = edgesOf(picture)
    .flatMap(({ from, to }) => [
      ...(sides.includes("out") && from === id ? [to] : []),
      ...(sides.includes("in") && to === id ? [from] : []),
    ])
    .filter((other) => {
      const node = picture.nodes[other];
      return (
        other !== id &&
        node !== undefined &&
        !node.pinned &&
        !annotated.has(other) &&
        neighbours.get(other)?.size === 1
      );
    });
  const taken = remove(picture, [...new Set(leaves)]);
  const node = picture.nodes[id];
  if (node === undefined) return { verb: "collapse", changes: [] };
  const opened = { ...node.opened };
  for (const side of sides) opened[side] = null;
  return {
    verb: "collapse",
    changes: [...taken.changes, ...fieldsOf(picture, "nodes", id, { opened })],
  };
}

/** Draws nodes and edges no more, and keeps them. */
export function hide(picture: Picture, ids: readonly string[]): Operation {
  return { verb: "hide", changes: onBoth(picture, ids, { hidden: true }) };
}

/** Draws again what was hidden: those named, or all. */
export function show(picture: Picture, ids: readonly string[] | null = null): Operation {
  return { verb: "show", changes: onBoth(picture, ids, { hidden: false }) };
}

/** Moves nodes to where they are put; of one `gesture` the moves become one. */
export function move(
  picture: Picture,
  to: Readonly<Record<string, Point>>,
  gesture: string | null = null,
): Operation {
  const changes = Object.keys(to)
    .sort()
    .flatMap((id) => {
      const { x, y } = to[id] as Point;
      return fieldsOf(picture, "nodes", id, { x: Math.round(x), y: Math.round(y) });
    });
  return gesture === null ? { verb: "move", changes } : { verb: "move", changes, gesture };
}

/** Fixes nodes in their places, or frees them. */
export function pin(picture: Picture, ids: readonly string[], pinned: boolean): Operation {
  return {
    verb: pinned ? "pin" : "unpin",
    changes: ids.flatMap((id) => fieldsOf(picture, "nodes", id, { pinned })),
  };
}

/** Colours nodes, edges, notes and groups; null takes the colour away. */
export function paint(picture: Picture, ids: readonly string[], colour: Colour | null): Operation {
  return {
    verb: "colour",
    changes: ids.flatMap((id) => [
      ...fieldsOf(picture, "nodes", id, { colour }),
      ...fieldsOf(picture, "edges", id, { colour }),
      ...fieldsOf(picture, "notes", id, { colour }),
      ...fieldsOf(picture, "groups", id, { colour }),
    ]),
  };
}

/** Highlights these nodes and edges and no others; an empty list ends the highlighting. */
export function highlight(picture: Picture, ids: readonly string[]): Operation {
  const lit = new Set(ids);
  return {
    verb: "highlight",
    changes: [
      ...nodesOf(picture).flatMap(({ id }) =>
        fieldsOf(picture, "nodes", id, { highlighted: lit.has(id) }),
      ),
      ...edgesOf(picture).flatMap(({ id }) =>
        fieldsOf(picture, "edges", id, { highlighted: lit.has(id) }),
      ),
    ],
  };
}

/** Writes a remark. Its id comes from the picture, so that the same work gives the same bytes. */
export function annotate(
  picture: Picture,
  on: Note["on"],
  text: string,
  at: Point = { x: 0, y: -64 },
): Operation {
  const id = unused(picture.notes, "note:");
  const note: Note = {
    id,
    on,
    text,
    x: Math.round(at.x),
    y: Math.round(at.y),
    colour: null,
  };
  return { verb: "annotate", changes: wholeOf(picture, "notes", id, note) };
}

/** Changes the text or the place of a remark. */
export function editNote(
  picture: Picture,
  id: string,
  fields: Partial<Pick<Note, "text" | "x" | "y">>,
  gesture: string | null = null,
): Operation {
  const whole = { ...fields };
  if (whole.x !== undefined) whole.x = Math.round(whole.x);
  if (whole.y !== undefined) whole.y = Math.round(whole.y);
  const changes = fieldsOf(picture, "notes", id, whole);
  return gesture === null
    ? { verb: "edit_note", changes }
    : { verb: "edit_note", changes, gesture };
}

/** Takes a remark away. */
export function eraseNote(picture: Picture, id: string): Operation {
  return { verb: "erase_note", changes: wholeOf(picture, "notes", id, null) };
}

/** Puts a box around nodes. They leave the boxes they were in; a box left empty goes. */
export function group(picture: Picture, ids: readonly string[], label: string): Operation {
  const members = ids.filter((id) => Object.hasOwn(picture.nodes, id));
  if (members.length === 0) return { verb: "group", changes: [] };
  const id = unused(picture.groups, "group:");
  const box: Group = { id, label, closed: false, colour: null };
  return {
    verb: "group",
    changes: [
      ...wholeOf(picture, "groups", id, box),
      ...members.flatMap((member) => fieldsOf(picture, "nodes", member, { group: id })),
      ...emptied(picture, new Set(members)),
    ],
  };
}

/** Takes a box away and leaves what was in it. */
export function ungroup(picture: Picture, id: string): Operation {
  return {
    verb: "ungroup",
    changes: [
      ...nodesOf(picture)
        .filter((node) => node.group === id)
        .flatMap((node) => fieldsOf(picture, "nodes", node.id, { group: null })),
      ...wholeOf(picture, "groups", id, null),
    ],
  };
}

/** Renames a box, opens or closes it. */
export function editGroup(
  picture: Picture,
  id: string,
  fields: Partial<Pick<Group, "label" | "closed">>,
): Operation {
  return { verb: "edit_group", changes: fieldsOf(picture, "groups", id, fields) };
}

/** Shows nodes as another one: addresses as their cluster, a cluster as an address of it.
 *
 * `part` holds the new node, named by `as`, and its edges to what is shown, as the server gives
 * them. The new node takes the place and the looks of the first of the old ones.
 */
export function switchKind(
  picture: Picture,
  ids: readonly string[],
  as: string,
  part: FlowPart,
): Operation {
  const old = ids.flatMap((id) => picture.nodes[id] ?? []).filter((node) => node.id !== as);
  const first = old[0];
  const given = part.nodes.find((node) => node.id === as);
  if (first === undefined || given === undefined) return { verb: "switch", changes: [] };
  const gone = new Set(old.map((node) => node.id));
  const there = picture.nodes[as];
  const next: PictureNode = there === undefined
    ? {
        ...placed(given, first.x, first.y),
        pinned: first.pinned,
        colour: first.colour,
        group: first.group,
        highlighted: first.highlighted,
      }
    : { ...there, ...given, hidden: false };
  const held = (id: string) => id === as || (!gone.has(id) && Object.hasOwn(picture.nodes, id));
  const edges = part.edges.filter(({ from, to }) => held(from) && held(to));
  const kept = ordered(picture.notes).flatMap((note) =>
    note.on !== null && "node" in note.on && gone.has(note.on.node)
      ? fieldsOf(picture, "notes", note.id, { on: { node: as } })
      : [],
  );
  const carried = new Set(kept.flatMap((change) => ("id" in change ? [change.id] : [])));
  const emptiedGroups = emptied(picture, gone).filter(
    (change) => !("id" in change && change.id === next.group),
  );
  const taken = remove(picture, [...gone]).changes.filter(
    (change) =>
      change.table !== "groups" && !(change.table === "notes" && carried.has(change.id)),
  );
  return {
    verb: "switch",
    changes: [
      ...kept,
      ...taken,
      ...wholeOf(picture, "nodes", as, next),
      ...edges.flatMap((edge) =>
        wholeOf(picture, "edges", edge.id, { ...drawn(edge), ...looksOf(picture, edge.id), ...edge }),
      ),
      ...emptiedGroups,
    ],
  };
}

/** Sets what is drawn and in which unit. */
export function set(
  picture: Picture,
  fields: Partial<Settings>,
  gesture: string | null = null,
): Operation {
  const keys = (Object.keys(fields) as (keyof Settings)[]).filter(
    (key) => !same(picture.settings[key], fields[key]),
  );
  if (keys.length === 0) return { verb: "set", changes: [] };
  const pick = (from: Partial<Settings>) =>
    Object.fromEntries(keys.map((key) => [key, from[key]])) as Partial<Settings>;
  const changes: Change[] = [{ table: "settings", was: pick(picture.settings), now: pick(fields) }];
  return gesture === null ? { verb: "set", changes } : { verb: "set", changes, gesture };
}

/** A party's own edges of one side that sum up its dealings with another party. */
function dealings(picture: Picture, part: FlowPart, node: string, side: Direction) {
  const seen = new Map<string, Sat>();
  for (const edge of [...edgesOf(picture), ...part.edges]) {
    if (edge.kind !== "flow") continue;
    if ((side === "in" ? edge.to : edge.from) === node) seen.set(edge.id, edge.value_sat);
  }
  return seen;
}

function openedBy(
  picture: Picture,
  part: FlowPart,
  node: PictureNode,
  asked: Asked,
): Record<Direction, Opened | null> {
  const sides: Direction[] = asked.direction === "both" ? ["in", "out"] : [asked.direction];
  const opened = { ...node.opened };
  for (const side of sides) {
    const left = part.more.find((more) => more.node === node.id && more.direction === side);
    const known = dealings(picture, part, node.id, side);
    // A transaction counts its own inputs and outputs, and a party its transactions: only the
    // number of counterparties is news.
    const counts = node.kind === "tx" || asked.as === "tx";
    const shown = sum(known.values());
    opened[side] = counts
      ? { as: asked.as, total: null, total_sat: null }
      : {
          as: asked.as,
          total: known.size + (left?.count ?? 0),
          total_sat: left === undefined ? shown : left.value_sat === null ? null : sum([shown, left.value_sat]),
        };
  }
  return opened;
}

function looksOf(picture: Picture, id: string) {
  const there = picture.edges[id];
  if (there === undefined) return {};
  const { hidden, highlighted, colour } = there;
  return { hidden, highlighted, colour };
}

function onBoth(
  picture: Picture,
  ids: readonly string[] | null,
  fields: { hidden: boolean },
): Change[] {
  const named = ids ?? [...Object.keys(picture.nodes).sort(), ...Object.keys(picture.edges).sort()];
  return named.flatMap((id) => [
    ...fieldsOf(picture, "nodes", id, fields),
    ...fieldsOf(picture, "edges", id, fields),
  ]);
}

/** The boxes that lose their last node when these go. */
function emptied(picture: Picture, gone: ReadonlySet<string>): Change[] {
  const left = new Set(
    nodesOf(picture).flatMap((node) => (gone.has(node.id) || node.group === null ? [] : [node.group])),
  );
  const touched = new Set(
    [...gone].flatMap((id) => picture.nodes[id]?.group ?? []),
  );
  return [...touched]
    .filter((id) => !left.has(id))
    .sort()
    .flatMap((id) => wholeOf(picture, "groups", id, null));
}

function unused(table: Readonly<Record<string, unknown>>, prefix: string): string {
  const numbers = Object.keys(table)
    .filter((id) => id.startsWith(prefix))
    .map((id) => Number(id.slice(prefix.length)));
  return `${prefix}${Math.max(0, ...numbers.filter(Number.isFinite)) + 1}`;
}
