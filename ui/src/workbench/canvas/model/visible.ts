/** What is drawn of a picture: without dust and what is hidden, boxes closed, clusters as one. */

import { weaker, type Basis, type FlowTag, type NodeKind } from "./flow";
import { moreOf, type More } from "./more";
import {
  edgesOf,
  nodesOf,
  ordered,
  placed,
  type Colour,
  type Picture,
  type PictureEdge,
  type PictureNode,
} from "./picture";
import { sum, sumDecimals } from "./sat";
import { noteSize } from "./fit";
import { NODE_HEIGHT, NODE_WIDTH, type Point } from "./space";

/** Where something is drawn: x and y are the middle of it. */
interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A node as drawn, of the one size that nodes have; `height` is its block's.
 *
 * `members` are the nodes of the picture that it stands for.
 */
export interface ViewNode extends Omit<PictureNode, "kind"> {
  kind: NodeKind | "group";
  members: string[];
}

/** An edge as drawn; `members` are the edges of the picture that it sums up. */
export interface ViewEdge extends PictureEdge {
  members: string[];
}

/** The box of an open group, around its `members`. */
export interface Box extends Place {
  id: string;
  label: string;
  colour: Colour | null;
  members: string[];
}

/** A remark, and the middle of what it is on; null if it is free. */
export interface ViewNote extends Place {
  id: string;
  text: string;
  colour: Colour | null;
  to: Point | null;
}

export interface View {
  nodes: ViewNode[];
  edges: ViewEdge[];
  boxes: Box[];
  notes: ViewNote[];
  more: More[];
  hidden: Hidden;
}

/** What of the picture is not drawn: nodes by why, and all of them; edges. */
export interface Hidden {
  nodes: number;
  edges: number;
  by_hand: number;
  kind: number;
  time: number;
  dust: number;
}

const BOX_MARGIN = 20;
const BOX_HEAD = 24;
const OUTPOINTS = 20;
const TAGS = 5;

/** What is drawn. Ordered by id, so that equal pictures are drawn in the same order. */
export function visibleOf(picture: Picture): View {
  const { nodes, edges, hidden } = chosen(picture);
  const stands = standsFor(picture, nodes);
  const drawnNodes = [...stands.nodes.values()].sort(byId);
  const drawnEdges = mergedEdges(edges, stands);
  return {
    nodes: drawnNodes,
    edges: drawnEdges,
    boxes: boxesOf(picture, drawnNodes),
    notes: notesOf(picture, stands, drawnEdges),
    more: drawnNodes.flatMap((node) =>
      node.members.length === 1 && node.kind !== "group" && picture.nodes[node.id] !== undefined
        ? moreOf(picture, picture.nodes[node.id] as PictureNode)
        : [],
    ),
    hidden,
  };
}

/** True where the edge lies in the window of time; one without a time always does. */
function inWindow(picture: Picture, from: string | null, to: string | null): boolean {
  const { from_utc, to_utc } = picture.settings;
  if (from === null) return true;
  return (to_utc === null || from <= to_utc) && (from_utc === null || (to ?? from) >= from_utc);
}

function chosen(picture: Picture): { nodes: PictureNode[]; edges: PictureEdge[]; hidden: Hidden } {
  const { dust_sat, hidden_kinds } = picture.settings;
  const why = { by_hand: 0, kind: 0, time: 0, dust: 0 };
  const all = nodesOf(picture);
  const kept = new Set<string>();
  for (const { id, kind, time_utc, hidden: byHand } of all) {
    if (byHand) why.by_hand++;
    else if (hidden_kinds.includes(kind)) why.kind++;
    else if (kind === "tx" && !inWindow(picture, time_utc, null)) why.time++;
    else kept.add(id);
  }
  const had = new Set<string>();
  const linked = new Set<string>();
  const small = new Set<string>();
  const edges = edgesOf(picture).filter((edge) => {
    had.add(edge.from).add(edge.to);
    if (edge.hidden || !kept.has(edge.from) || !kept.has(edge.to)) return false;
    if (edge.value_sat < dust_sat) {
      small.add(edge.from).add(edge.to);
      return false;
    }
    if (!inWindow(picture, edge.time_utc, edge.last_utc ?? null)) return false;
    linked.add(edge.from).add(edge.to);
    return true;
  });
  // A party whose dealings are all out of sight has nothing to say; one that had none was put
  // there for itself, and one that is pinned is to stay.
  const filtered = dust_sat > 0 || picture.settings.from_utc !== null || picture.settings.to_utc !== null;
  const nodes = all.filter(({ id, kind, pinned }) => {
    if (!kept.has(id)) return false;
    if (!filtered || kind === "tx" || pinned || linked.has(id) || !had.has(id)) return true;
    if (small.has(id)) why.dust++;
    else why.time++;
    return false;
  });
  const left = new Set(nodes.map((node) => node.id));
  const drawnEdges = edges.filter(({ from, to }) => left.has(from) && left.has(to));
  return {
    nodes,
    edges: drawnEdges,
    hidden: {
      ...why,
      nodes: all.length - nodes.length,
      edges: Object.keys(picture.edges).length - drawnEdges.length,
    },
  };
}

interface Stands {
  /** By the id of a node of the picture: the id of what is drawn for it. */
  of: Map<string, string>;
  nodes: Map<string, ViewNode>;
  /** Drawn nodes that stand for addresses, by the basis on which those are held to be one. */
  basis: Map<string, Basis>;
}

function standsFor(picture: Picture, nodes: readonly PictureNode[]): Stands {
  const stands: Stands = { of: new Map(), nodes: new Map(), basis: new Map() };
  const boxed = new Map<string, PictureNode[]>();
  const clustered = new Map<string, PictureNode[]>();
  for (const node of nodes) {
    const box = node.group === null ? undefined : picture.groups[node.group];
    const cluster = clusterOf(picture, node);
    if (box?.closed) append(boxed, box.id, node);
    else if (cluster !== null) append(clustered, cluster, node);
    else put(stands, viewed(node));
  }
  for (const [id, members] of boxed) {
    const box = picture.groups[id];
    if (box === undefined) continue;
    put(stands, {
      ...summary(members),
      id,
      kind: "group",
      label: box.label,
      colour: box.colour,
      group: null,
    });
  }
  for (const [id, members] of clustered) {
    const own = members.find((node) => node.id === id);
    const first = members[0] as PictureNode;
    if (own === undefined && members.length === 1) {
      put(stands, viewed(first));
      continue;
    }
    const told = summary(members);
    const service = own?.service ?? told.service;
    stands.basis.set(id, service === null ? "inference" : "assertion");
    if (own !== undefined) put(stands, { ...viewed(own), members: told.members });
    else {
      put(stands, {
        ...told,
        id,
        kind: "cluster",
        label: first.cluster ?? first.label,
        cluster: first.cluster ?? null,
        scripts: members.length,
      });
    }
  }
  return stands;
}

/** The id of the cluster under which a node is drawn; null where it is drawn for itself. */
function clusterOf(picture: Picture, node: PictureNode): string | null {
  if (!picture.settings.by_cluster) return null;
  if (node.kind === "cluster") return node.id;
  return node.kind === "address" && node.cluster != null ? `cluster:${node.cluster}` : null;
}

function viewed(node: PictureNode): ViewNode {
  return { ...node, members: [node.id] };
}

function put(stands: Stands, node: ViewNode): void {
  stands.nodes.set(node.id, node);
  for (const member of node.members) stands.of.set(member, node.id);
}

/** What several nodes have in common, standing where the one nearest to their middle stands. */
function summary(members: readonly PictureNode[]): ViewNode {
  const first = members[0] as PictureNode;
  const middle = {
    x: members.reduce((x, node) => x + node.x, 0) / members.length,
    y: members.reduce((y, node) => y + node.y, 0) / members.length,
  };
  const apart = ({ x, y }: Point) => Math.abs(x - middle.x) + Math.abs(y - middle.y);
  const at = members.reduce((best, node) => (apart(node) < apart(best) ? node : best), first);
  const times = members.flatMap((node) => node.time_utc ?? []).sort();
  const heights = members.flatMap((node) => node.height ?? []);
  const tags = new Map<string, FlowTag>();
  for (const tag of members.flatMap((node) => node.tags)) {
    tags.set([tag.label, tag.category, tag.source].join("\n"), tag);
  }
  return {
    ...placed({
      id: first.id,
      kind: first.kind,
      label: first.label,
      time_utc: times[0] ?? null,
      height: heights.length === 0 ? null : heights.reduce((a, b) => Math.min(a, b)),
      in_count: 0,
      out_count: 0,
      service: members.find((node) => node.service !== null)?.service ?? null,
      tags: [...tags.values()].slice(0, TAGS),
      tag_count: tags.size,
      coinjoin: members.find((node) => node.coinjoin !== null)?.coinjoin ?? null,
      incomplete: members.some((node) => node.incomplete),
    }, at.x, at.y),
    pinned: members.some((node) => node.pinned),
    highlighted: members.some((node) => node.highlighted),
    colour: members.every((node) => node.colour === first.colour) ? first.colour : null,
    group: members.every((node) => node.group === first.group) ? first.group : null,
    members: members.map((node) => node.id).sort(),
  };
}

function mergedEdges(edges: readonly PictureEdge[], stands: Stands): ViewEdge[] {
  const bundles = new Map<string, PictureEdge[]>();
  // The edge of a cluster sums the edges of its addresses already.
  const own = new Set(edges.map((edge) => [edge.from, edge.to, edge.kind].join(" ")));
  for (const edge of edges) {
    const from = stands.of.get(edge.from);
    const to = stands.of.get(edge.to);
    if (from === undefined || to === undefined || (from === to && edge.from !== edge.to)) continue;
    const moved = from !== edge.from || to !== edge.to;
    if (moved && own.has([from, to, edge.kind].join(" "))) continue;
    append(bundles, [from, to, edge.kind].join(" "), edge);
  }
  const drawn = [...bundles.values()].map((bundle): ViewEdge => {
    const first = bundle[0] as PictureEdge;
    const from = stands.of.get(first.from) as string;
    const to = stands.of.get(first.to) as string;
    if (bundle.length === 1 && from === first.from && to === first.to) {
      return { ...first, members: [first.id] };
    }
    return { ...oneOf(bundle), id: `${first.kind}:${from}>${to}`, from, to, basis: basisOf(bundle, stands) };
  });
  return drawn.sort(byId);
}

function basisOf(bundle: readonly PictureEdge[], stands: Stands): Basis {
  return bundle.reduce<Basis>((basis, edge) => {
    const ends = [edge.from, edge.to].map((id) => {
      const drawn = stands.of.get(id) ?? id;
      return drawn === id ? "fact" : (stands.basis.get(drawn) ?? "fact");
    });
    return [edge.basis, ...ends].reduce(weaker, basis);
  }, "fact");
}

/** Several edges as one: amounts and counts summed, the first and the last time. */
function oneOf(bundle: readonly PictureEdge[]): ViewEdge {
  const first = bundle[0] as PictureEdge;
  const times = bundle.flatMap((edge) => edge.time_utc ?? []).sort();
  const lasts = bundle.flatMap((edge) => edge.last_utc ?? edge.time_utc ?? []).sort();
  const heights = bundle.flatMap((edge) => edge.height ?? []);
  const { change: _change, rule, traced_sat: _traced, fiat: _fiat, ...plain } = first;
  const traced = keyed(bundle.map((edge) => edge.traced_sat));
  const fiat = keyed(bundle.map((edge) => edge.fiat));
  return {
    ...plain,
    ...(rule !== undefined && bundle.every((edge) => edge.rule === rule) ? { rule } : {}),
    ...(bundle.some((edge) => edge.traced_sat !== undefined)
      ? { traced_sat: mapped(traced, (values) => sum(values.map((value) => value ?? 0))) }
      : {}),
    // An edge whose worth is not known leaves the worth of the sum unknown.
    ...(bundle.some((edge) => edge.fiat !== undefined)
      ? { fiat: mapped(fiat, (values) => sumDecimals(values)) }
      : {}),
    value_sat: sum(bundle.map((edge) => edge.value_sat)),
    time_utc: times[0] ?? null,
    last_utc: lasts.at(-1) ?? null,
    height: heights.length === 0 ? null : heights.reduce((a, b) => Math.min(a, b)),
    count: bundle.reduce((count, edge) => count + edge.count, 0),
    outpoints: [...new Set(bundle.flatMap((edge) => edge.outpoints))].sort().slice(0, OUTPOINTS),
    highlighted: bundle.some((edge) => edge.highlighted),
    colour: bundle.every((edge) => edge.colour === first.colour) ? first.colour : null,
    members: bundle.map((edge) => edge.id).sort(),
  };
}

/** By key the value in each of the records; undefined where a record has none. */
function keyed<T>(records: readonly (Record<string, T> | undefined)[]): Map<string, (T | undefined)[]> {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record ?? {})))].sort();
  return new Map(keys.map((key) => [key, records.map((record) => record?.[key])]));
}

function mapped<T, U>(values: ReadonlyMap<string, T>, make: (value: T) => U): Record<string, U> {
  return Object.fromEntries([...values].map(([key, value]) => [key, make(value)]));
}

function boxesOf(picture: Picture, nodes: readonly ViewNode[]): Box[] {
  return ordered(picture.groups).flatMap(({ id, label, colour, closed }) => {
    const inside = nodes.filter((node) => node.group === id);
    if (closed || inside.length === 0) return [];
    const xs = inside.map((node) => node.x);
    const ys = inside.map((node) => node.y);
    const left = Math.min(...xs) - NODE_WIDTH / 2 - BOX_MARGIN;
    const right = Math.max(...xs) + NODE_WIDTH / 2 + BOX_MARGIN;
    const top = Math.min(...ys) - NODE_HEIGHT / 2 - BOX_MARGIN - BOX_HEAD;
    const bottom = Math.max(...ys) + NODE_HEIGHT / 2 + BOX_MARGIN;
    return [
      {
        id,
        label,
        colour,
        members: inside.map((node) => node.id),
        x: Math.round((left + right) / 2),
        y: Math.round((top + bottom) / 2),
        width: right - left,
        height: bottom - top,
      },
    ];
  });
}

/** The remarks on what is drawn. One on a node or an edge that is not drawn is not drawn either. */
function notesOf(picture: Picture, stands: Stands, edges: readonly ViewEdge[]): ViewNote[] {
  const edgeOf = new Map(edges.flatMap((edge) => edge.members.map((id) => [id, edge])));
  return ordered(picture.notes).flatMap(({ id, on, text, colour, x, y }): ViewNote[] => {
    const size = noteSize(text);
    if (on === null) return [{ id, text, colour, x, y, ...size, to: null }];
    const node = "node" in on ? stands.nodes.get(stands.of.get(on.node) ?? "") : undefined;
    const edge = "edge" in on ? edgeOf.get(on.edge) : undefined;
    const from = edge === undefined ? undefined : stands.nodes.get(edge.from);
    const end = edge === undefined ? undefined : stands.nodes.get(edge.to);
    const to =
      node !== undefined
        ? { x: node.x, y: node.y }
        : from !== undefined && end !== undefined
          ? { x: Math.round((from.x + end.x) / 2), y: Math.round((from.y + end.y) / 2) }
          : null;
    return to === null ? [] : [{ id, text, colour, x: to.x + x, y: to.y + y, ...size, to }];
  });
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
