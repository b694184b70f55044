/** What the server says of the flow of money: parts of the graph, as they come. */

import type { Sat } from "../../../shared/money";

export type Basis = "fact" | "inference" | "assertion";
export type NodeKind = "tx" | "address" | "cluster" | "end";
export type EdgeKind = "pays" | "spends" | "spent" | "flow";
/** "in": where the money of a node came from, to its left. "out": where it went. */
export type Direction = "in" | "out";
/** As what the neighbours of a node are shown. */
export type Shape = "tx" | "address" | "cluster";

export interface FlowTag {
  label: string;
  category: string | null;
  source: string;
}

export interface FlowService {
  party: string;
  label: string;
  category: string | null;
}

/** A transaction, a party or an end of the money. Heights in blocks, times ISO UTC. */
export interface FlowNode {
  id: string;
  kind: NodeKind;
  label: string;
  /** A transaction: its block. A party: first seen. */
  time_utc: string | null;
  height: number | null;
  /** A transaction: the sum of its outputs. A party: received. An end: the amount. */
  value_sat?: Sat;
  /** A transaction: inputs, outputs. A party: transactions that pay it, that spend from it. */
  in_count: number;
  out_count: number;
  service: FlowService | null;
  /** At most five of `tag_count`. */
  tags: FlowTag[];
  tag_count: number;
  coinjoin: string | null;
  scripts?: number;
  script_type?: string | null;
  cluster?: string | null;
  /** Some neighbours cannot be known: the store is partial. */
  incomplete: boolean;
}

export interface FlowChange {
  probability: number | null;
  verdict: string;
}

/** Money between two nodes: of one transaction, or summed over `count` of them ("flow"). */
export interface FlowEdge {
  id: string;
  from: string;
  to: string;
  kind: EdgeKind;
  value_sat: Sat;
  time_utc: string | null;
  last_utc?: string | null;
  height: number | null;
  count: number;
  /** At most twenty. */
  outpoints: string[];
  basis: Basis;
  rule?: string;
  change?: FlowChange | null;
  traced_sat?: Record<string, Sat>;
  fiat?: Record<string, string | null>;
}

/** What was left out beside a node. */
export interface FlowMore {
  node: string;
  direction: Direction;
  count: number;
  value_sat: Sat | null;
}

export interface FlowPart {
  nodes: FlowNode[];
  edges: FlowEdge[];
  more: FlowMore[];
}

/** From the strongest to the weakest. */
export const BASES: readonly Basis[] = ["fact", "inference", "assertion"];

/** The weaker of two: what rests on both is no stronger than it. */
export function weaker(a: Basis, b: Basis): Basis {
  return BASES.indexOf(a) >= BASES.indexOf(b) ? a : b;
}
