/** The picture on the canvas, as data: what is stored with the case and drawn the same again. */

import type { Sat } from "../../../shared/money";
import type { Direction, FlowEdge, FlowNode, FlowPart, Shape } from "./flow";

/** Colours by name: what they look like in the light and in the dark is for `look`. */
export const COLOURS = ["red", "amber", "green", "teal", "blue", "violet", "grey"] as const;
export type Colour = (typeof COLOURS)[number];

/** How the neighbours of a node were asked for on one side, with the total of them where known. */
export interface Opened {
  as: Shape;
  /** Counterparties in all; null where the counts of the node itself tell. */
  total: number | null;
  total_sat: Sat | null;
}

/** A node in its place: x and y are the middle of it, in whole units of the drawing. */
export interface PictureNode extends FlowNode {
  x: number;
  y: number;
  pinned: boolean;
  hidden: boolean;
  highlighted: boolean;
  colour: Colour | null;
  group: string | null;
  opened: Record<Direction, Opened | null>;
}

export interface PictureEdge extends FlowEdge {
  hidden: boolean;
  highlighted: boolean;
  colour: Colour | null;
}

/** A remark: on a node, on an edge, or free. x and y are counted from what it is on. */
export interface Note {
  id: string;
  on: { node: string } | { edge: string } | null;
  text: string;
  x: number;
  y: number;
  colour: Colour | null;
}

/** A box around the nodes that name it; closed, one node stands for all of them. */
export interface Group {
  id: string;
  label: string;
  closed: boolean;
  colour: Colour | null;
}

export interface Settings {
  /** "btc", or the code of the currency in which amounts are shown. */
  unit: string;
  /** Edges of less are not drawn. */
  dust_sat: number;
  /** The window of time that is drawn, both ends included. */
  from_utc: string | null;
  to_utc: string | null;
  hidden_kinds: string[];
  /** Addresses of one cluster drawn as one node. */
  by_cluster: boolean;
  edge_labels: "amount" | "amount_date" | "none";
}

export interface Picture {
  format: "peelchain-picture";
  version: 1;
  nodes: Record<string, PictureNode>;
  edges: Record<string, PictureEdge>;
  notes: Record<string, Note>;
  groups: Record<string, Group>;
  settings: Settings;
  /** The tip and the imports that the store had, as the server gives them. */
  made_on: unknown;
}

export const DEFAULT_SETTINGS: Settings = {
  unit: "btc",
  dust_sat: 0,
  from_utc: null,
  to_utc: null,
  hidden_kinds: [],
  by_cluster: false,
  edge_labels: "amount_date",
};

/** A picture with nothing on it. */
export function emptyPicture(made_on: unknown = null): Picture {
  return {
    format: "peelchain-picture",
    version: 1,
    nodes: {},
    edges: {},
    notes: {},
    groups: {},
    settings: DEFAULT_SETTINGS,
    made_on,
  };
}

/** The node as it is first drawn. */
export function placed(node: FlowNode, x: number, y: number): PictureNode {
  return {
    ...node,
    x: Math.round(x),
    y: Math.round(y),
    pinned: false,
    hidden: false,
    highlighted: false,
    colour: null,
    group: null,
    opened: { in: null, out: null },
  };
}

/** The edge as it is first drawn. */
export function drawn(edge: FlowEdge): PictureEdge {
  return { ...edge, hidden: false, highlighted: false, colour: null };
}

/** The nodes, ordered by id. */
export function nodesOf(picture: Picture): PictureNode[] {
  return ordered(picture.nodes);
}

/** The edges, ordered by id. */
export function edgesOf(picture: Picture): PictureEdge[] {
  return ordered(picture.edges);
}

/** Items of a table by their keys, in the order of code units: the same everywhere. */
export function ordered<T>(table: Record<string, T>): T[] {
  return Object.keys(table)
    .sort()
    .map((key) => table[key] as T);
}

/** The part as it would be had it named each node and edge once, the first time. */
export function distinct(part: FlowPart): FlowPart {
  const once = <T extends { id: string }>(items: readonly T[]): T[] => [
    ...new Map([...items].reverse().map((item) => [item.id, item])).values(),
  ].reverse();
  return { nodes: once(part.nodes), edges: once(part.edges), more: part.more };
}
