/** Where the bands of a flow between parties are drawn. */

import { sankey, sankeyJustify, type SankeyGraph } from "d3-sankey";
import type { Sat } from "../../shared/money";
import type { FlowNode, PartyFlow } from "./answer";
import { total } from "./sums";

export interface Bar {
  node: FlowNode;
  index: number;
  x: number;
  y: number;
  width: number;
  height: number;
  /** What came there, or went from there where that is more. */
  sat: bigint;
  /** Whether its name stands to its left: in the last column. */
  left: boolean;
}

export interface Band {
  from: FlowNode;
  to: FlowNode;
  sat: Sat;
  basis: string;
  /** The outline of the band. */
  path: string;
}

export interface Drawn {
  width: number;
  height: number;
  bars: Bar[];
  bands: Band[];
}

const WIDTH = 1120;
const BAR = 12;
const ROW = 38;
/** Room for a bar's name and amount before the next column. */
const COLUMN = 205;
const MARGIN = { top: 8, bottom: 8 };

interface N {
  index: number;
}
interface L {
  source: number;
  target: number;
  value: number;
  at: number;
}

/** The drawing of a rule's flow; its amounts stay exact, only places are rounded. */
export function drawn(flow: PartyFlow): Drawn {
  const used = new Set(flow.links.flatMap((link) => [link.from, link.to]));
  const order = flow.nodes.map((_, index) => index).filter((index) => used.has(index));
  const place = new Map(order.map((index, at) => [index, at]));
  const links: L[] = flow.links.map((link, at) => ({
    source: place.get(link.from) ?? 0,
    target: place.get(link.to) ?? 0,
    value: Math.max(Number(link.value_sat), 1),
    at,
  }));
  const { columns, most } = columnsOf(order.length, links);
  const width = Math.max(WIDTH, COLUMN * columns);
  const height = Math.max(160, ROW * most) + MARGIN.top + MARGIN.bottom;
  if (order.length === 0) return { width, height: 0, bars: [], bands: [] };
  const graph: SankeyGraph<N, L> = sankey<N, L>()
    .nodeAlign(sankeyJustify)
    .nodeWidth(BAR)
    .nodePadding(20)
    .iterations(24)
    .extent([
      [1, MARGIN.top],
      [width - 1, height - MARGIN.bottom],
    ])({ nodes: order.map((index) => ({ index })), links: links.map((link) => ({ ...link })) });
  const bars = graph.nodes.map((node, at): Bar => {
    const index = order[at] ?? 0;
    const x = node.x0 ?? 0;
    return {
      node: flow.nodes[index] as FlowNode,
      index,
      x,
      y: node.y0 ?? 0,
      width: (node.x1 ?? 0) - x,
      height: Math.max(1, (node.y1 ?? 0) - (node.y0 ?? 0)),
      sat: through(flow, index),
      left: x > width - COLUMN,
    };
  });
  const bands = graph.links.map((link): Band => {
    const told = flow.links[(link as unknown as L).at];
    if (told === undefined) throw new Error("a band of no link");
    const source = link.source as unknown as { x1: number };
    const target = link.target as unknown as { x0: number };
    const half = Math.max(link.width ?? 1, 1) / 2;
    return {
      from: flow.nodes[told.from] as FlowNode,
      to: flow.nodes[told.to] as FlowNode,
      sat: told.value_sat,
      basis: told.basis,
      path: ribbon(source.x1, link.y0 ?? 0, target.x0, link.y1 ?? 0, half),
    };
  });
  return { width, height, bars, bands };
}

function through(flow: PartyFlow, index: number): bigint {
  const came = total(flow.links.filter((link) => link.to === index).map((link) => link.value_sat));
  const went = total(flow.links.filter((link) => link.from === index).map((link) => link.value_sat));
  return came > went ? came : went;
}

/** How many columns there are, and how many parties stand above one another at most. */
function columnsOf(count: number, links: readonly L[]): { columns: number; most: number } {
  const depth = new Array<number>(count).fill(0);
  const pays = new Set(links.map((link) => link.source));
  for (const link of [...links].sort((a, b) => a.source - b.source)) {
    depth[link.target] = Math.max(depth[link.target] ?? 0, (depth[link.source] ?? 0) + 1);
  }
  const last = Math.max(0, ...depth);
  const columns = new Map<number, number>();
  depth.forEach((at, index) => {
    // those that pass nothing on are set to the right
    const column = pays.has(index) ? at : last;
    columns.set(column, (columns.get(column) ?? 0) + 1);
  });
  return { columns: last + 1, most: Math.max(1, ...columns.values()) };
}

function ribbon(x0: number, y0: number, x1: number, y1: number, half: number): string {
  const middle = n((x0 + x1) / 2);
  return (
    `M${n(x0)},${n(y0 - half)}C${middle},${n(y0 - half)} ${middle},${n(y1 - half)} ${n(x1)},${n(y1 - half)}` +
    `L${n(x1)},${n(y1 + half)}C${middle},${n(y1 + half)} ${middle},${n(y0 + half)} ${n(x0)},${n(y0 + half)}Z`
  );
}

const n = (value: number): string => String(Math.round(value * 10) / 10);
