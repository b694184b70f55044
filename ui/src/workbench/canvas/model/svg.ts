/** The picture as an SVG drawing: the same bytes for the same picture, words and theme. */

import { visible } from "../../../shared/text";
import { marksOf } from "./axis";
import { EDGE_TEXT_SIZE, LINE_HEIGHT, TEXT_SIZE, fitted, noteLines, widthOf } from "./fit";
import { BASES } from "./flow";
import { edgeLabel, filled, moreLabel, nodeLines, btc, type Words } from "./labels";
import { INK, dashesOf, edgeInk, edgeWidth, endsOf, nodeInk, noteInk, shapeOf, type Theme } from "./look";
import type { Picture, Settings } from "./picture";
import { NODE_HEIGHT, NODE_WIDTH, type Point } from "./space";
import { visibleOf, type Box, type View, type ViewEdge, type ViewNode, type ViewNote } from "./visible";
import { element, num, type Attributes } from "./xml";

/** What stands above the drawing. All of it is shown as it is given: the drawing asks no clock. */
export interface Caption {
  title: string;
  /** When it was drawn, ISO UTC. */
  date_utc: string;
  /** The chain that it was drawn from; null where that is not known. */
  tip: { height: number; hash: string } | null;
  /** Further lines: the case, the software. */
  lines?: readonly string[];
}

export interface Drawing {
  svg: string;
  width: number;
  height: number;
}

const MARGIN = 24;
const AXIS = 28;
const LEGEND_ROW = 22;
const LEAST_WIDTH = 720;
const FONT = "'DejaVu Sans', Verdana, Arial, sans-serif";

interface Pen {
  theme: Theme;
  settings: Settings;
  words: Words;
}

/** The drawing of a picture with its dates, its legend and what it was drawn from. */
export function svgOf(picture: Picture, words: Words, theme: Theme, caption: Caption): string {
  return drawingOf(picture, words, theme, caption).svg;
}

/** The same with its size, in pixels of the drawing. */
export function drawingOf(picture: Picture, words: Words, theme: Theme, caption: Caption): Drawing {
  const view = visibleOf(picture);
  const pen: Pen = { theme, settings: picture.settings, words };
  const head = headOf(caption, view, pen);
  const extent = extentOf(view);
  const legend = legendOf(view, pen);
  const width = Math.ceil(
    Math.max(LEAST_WIDTH, ...[extent.right - extent.left, legend.width, head.width].map((w) => w + 2 * MARGIN)),
  );
  const top = head.height + AXIS;
  const height = top + (extent.bottom - extent.top) + 2 * MARGIN + legend.height;
  const by = { x: MARGIN - extent.left, y: top + MARGIN - extent.top };
  const nodes = new Map(view.nodes.map((node) => [node.id, node]));
  const body = [
    element("title", {}, [visible(caption.title)]),
    element("desc", {}, [head.lines.join("\n")]),
    element("rect", { x: 0, y: 0, width, height, fill: INK[theme].ground }),
    head.text,
    axisOf(view, pen, by.x, head.height, top, height - legend.height),
    element("g", { transform: `translate(${num(by.x)} ${num(by.y)})` }, [
      ...view.boxes.map((box) => boxOf(box, pen)),
      ...view.edges.map((edge) => edgeOf(edge, nodes, pen)),
      ...view.nodes.map((node) => nodeOf(node, pen)),
      ...view.more.map((more) => moreOf(more, pen)),
      ...view.notes.map((note) => noteOf(note, pen)),
      // Above everything: a line that crosses an amount would make it unreadable.
      ...view.edges.map((edge) => edgeTextOf(edge, nodes, pen)),
    ]),
    element("g", { transform: `translate(${num(MARGIN)} ${num(height - legend.height)})` }, legend.parts),
  ];
  const svg = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${num(width)} ${num(height)}`,
      role: "img",
      "font-family": FONT,
      "font-size": TEXT_SIZE,
    },
    body,
  );
  return { svg: `<?xml version="1.0" encoding="UTF-8"?>\n${svg}\n`, width, height };
}

function headOf(caption: Caption, view: View, { theme, settings, words }: Pen) {
  const { by_hand, kind, time, dust, nodes, edges } = view.hidden;
  const said = [
    caption.date_utc,
    ...(caption.tip === null
      ? []
      : [filled(words.tip, { height: String(caption.tip.height), hash: caption.tip.hash })]),
    ...(caption.lines ?? []),
    ...(settings.by_cluster ? [words.by_cluster] : []),
    ...(settings.dust_sat > 0 ? [filled(words.dust, { amount: btc(settings.dust_sat) })] : []),
    ...(settings.from_utc !== null || settings.to_utc !== null
      ? [filled(words.window, { from: settings.from_utc ?? "…", to: settings.to_utc ?? "…" })]
      : []),
    ...(by_hand + kind + time + dust + nodes + edges > 0
      ? [filled(words.hidden, { nodes: String(nodes), edges: String(edges) })]
      : []),
  ];
  const lines = said.map(visible);
  const first = MARGIN + 14;
  const text = element("g", {}, [
    element("text", { x: MARGIN, y: first, "font-size": 16, "font-weight": "bold", fill: INK[theme].text }, [
      visible(caption.title),
    ]),
    ...lines.map((line, index) =>
      element("text", { x: MARGIN, y: first + 18 + index * 15, fill: INK[theme].quiet }, [line]),
    ),
  ]);
  const width = Math.max(widthOf(caption.title, 17), ...lines.map((line) => widthOf(line, TEXT_SIZE)));
  return { text, lines, width, height: first + 18 + lines.length * 15 };
}

function axisOf(view: View, { theme }: Pen, shift: number, top: number, from: number, to: number): string {
  let last = -Infinity;
  const marks = marksOf(view).flatMap(({ x, text }) => {
    const line = element("line", {
      x1: x + shift,
      y1: from,
      x2: x + shift,
      y2: to,
      stroke: INK[theme].line,
      "stroke-opacity": 0.25,
      "stroke-width": 1,
    });
    const half = widthOf(text, TEXT_SIZE) / 2;
    if (x - half < last + 8) return [line];
    last = x + half;
    return [
      line,
      element("text", { x: x + shift, y: top + 18, "text-anchor": "middle", fill: INK[theme].quiet }, [text]),
    ];
  });
  return element("g", {}, marks);
}

function boxOf(box: Box, { theme }: Pen): string {
  const ink = noteInk(box.colour, theme);
  const left = box.x - box.width / 2;
  const top = box.y - box.height / 2;
  return element("g", {}, [
    element("rect", {
      x: left,
      y: top,
      width: box.width,
      height: box.height,
      rx: 6,
      fill: ink.line,
      "fill-opacity": 0.06,
      stroke: ink.line,
      "stroke-width": 1.5,
      "stroke-dasharray": "8 4",
    }),
    element("text", { x: left + 10, y: top + 17, "font-weight": "bold", fill: INK[theme].text }, [
      fitted(box.label, box.width - 20),
    ]),
  ]);
}

function nodeOf(node: ViewNode, { theme, settings, words }: Pen): string {
  const ink = nodeInk(node, theme);
  const lines = nodeLines(node, settings, words);
  const double = node.kind === "cluster" || node.kind === "group";
  const stroke: Attributes = {
    fill: ink.fill,
    stroke: ink.line,
    "stroke-width": node.pinned ? 3 : 1.5,
    ...(node.incomplete ? { "stroke-dasharray": "4 3" } : {}),
  };
  const first = node.y - ((lines.length - 1) * LINE_HEIGHT) / 2 + 4;
  return element("g", {}, [
    element("title", {}, [visible(node.label)]),
    ...(node.highlighted
      ? [shape(node, 6, { fill: "none", stroke: INK[theme].lit, "stroke-width": 4 })]
      : []),
    shape(node, 0, stroke),
    ...(double ? [shape(node, -3.5, { fill: "none", stroke: ink.line, "stroke-width": 1 })] : []),
    ...lines.map((line, index) =>
      element(
        "text",
        {
          x: node.x,
          y: first + index * LINE_HEIGHT,
          "text-anchor": "middle",
          fill: ink.text,
          ...(index === 0 ? { "font-weight": "bold" } : {}),
        },
        [line],
      ),
    ),
  ]);
}

/** The outline of a node, wider by `grow` on every side. */
function shape(node: ViewNode, grow: number, looks: Attributes): string {
  const width = NODE_WIDTH + 2 * grow;
  const height = NODE_HEIGHT + 2 * grow;
  const left = node.x - width / 2;
  const top = node.y - height / 2;
  const right = left + width;
  const bottom = top + height;
  switch (shapeOf(node)) {
    case "rectangle":
      return element("rect", { x: left, y: top, width, height, ...looks });
    case "round-rectangle":
      return element("rect", { x: left, y: top, width, height, rx: 10, ...looks });
    case "cut-rectangle": {
      const cut = 8;
      const points = [
        [left + cut, top], [right - cut, top], [right, top + cut], [right, bottom - cut],
        [right - cut, bottom], [left + cut, bottom], [left, bottom - cut], [left, top + cut],
      ];
      return element("polygon", { points: points.map((point) => point.map((part) => num(part ?? 0)).join(",")).join(" "), ...looks });
    }
    case "barrel":
      return element("rect", { x: left, y: top, width, height, rx: height / 2, ...looks });
  }
}

function edgeOf(edge: ViewEdge, nodes: ReadonlyMap<string, ViewNode>, { theme }: Pen): string {
  const line = lineOf(edge, nodes);
  if (line === null) return "";
  const width = edgeWidth(edge);
  const ink = edgeInk(edge, theme);
  const dashes = dashesOf(edge.basis, width);
  const { from, to } = line;
  const length = Math.sqrt((to.x - from.x) ** 2 + (to.y - from.y) ** 2) || 1;
  const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const size = 6 + width;
  // The line ends where the head begins: a thick one would stick out beyond its tip.
  const neck = { x: to.x - along.x * size, y: to.y - along.y * size };
  const side = { x: (-along.y * size) / 2, y: (along.x * size) / 2 };
  const head = [to, { x: neck.x + side.x, y: neck.y + side.y }, { x: neck.x - side.x, y: neck.y - side.y }];
  const stroke = { x1: from.x, y1: from.y, x2: neck.x, y2: neck.y };
  return element("g", {}, [
    ...(edge.highlighted
      ? [element("line", { ...stroke, stroke: INK[theme].lit, "stroke-width": width + 7, "stroke-opacity": 0.45 })]
      : []),
    element("line", {
      ...stroke,
      stroke: ink,
      "stroke-width": width,
      ...(dashes.length > 0 ? { "stroke-dasharray": dashes.map(num).join(" ") } : {}),
    }),
    element("polygon", { points: head.map(({ x, y }) => `${num(x)},${num(y)}`).join(" "), fill: ink }),
  ]);
}

function edgeTextOf(edge: ViewEdge, nodes: ReadonlyMap<string, ViewNode>, { theme, settings, words }: Pen): string {
  const line = lineOf(edge, nodes);
  const label = edgeLabel(edge, settings, words);
  if (line === null || label === "") return "";
  const lines = label.split("\n").map(visible);
  const middle = { x: (line.from.x + line.to.x) / 2, y: (line.from.y + line.to.y) / 2 };
  const width = Math.max(...lines.map((text) => widthOf(text, EDGE_TEXT_SIZE))) + 4;
  const height = lines.length * 12 + 2;
  return element("g", {}, [
    element("rect", {
      x: middle.x - width / 2,
      y: middle.y - height / 2,
      width,
      height,
      fill: INK[theme].ground,
      "fill-opacity": 0.85,
    }),
    ...lines.map((text, index) =>
      element(
        "text",
        {
          x: middle.x,
          y: middle.y - height / 2 + 10 + index * 12,
          "font-size": EDGE_TEXT_SIZE,
          "text-anchor": "middle",
          fill: INK[theme].text,
        },
        [text],
      ),
    ),
  ]);
}

function lineOf(edge: ViewEdge, nodes: ReadonlyMap<string, ViewNode>): { from: Point; to: Point } | null {
  const from = nodes.get(edge.from);
  const to = nodes.get(edge.to);
  return from === undefined || to === undefined ? null : endsOf(from, to, NODE_HEIGHT);
}

function moreOf(more: View["more"][number], { theme, settings, words }: Pen): string {
  return element("g", {}, [
    element("rect", {
      x: more.x - more.width / 2,
      y: more.y - more.height / 2,
      width: more.width,
      height: more.height,
      rx: 4,
      fill: INK[theme].ground,
      stroke: INK[theme].line,
      "stroke-width": 1,
      "stroke-dasharray": "1.5 3",
    }),
    element("text", { x: more.x, y: more.y + 4, "text-anchor": "middle", fill: INK[theme].text }, [
      moreLabel(more, settings, words),
    ]),
  ]);
}

function noteOf(note: ViewNote, { theme }: Pen): string {
  const ink = noteInk(note.colour, theme);
  const left = note.x - note.width / 2;
  const top = note.y - note.height / 2;
  return element("g", {}, [
    ...(note.to === null
      ? []
      : [
          element("line", {
            x1: note.x,
            y1: note.y,
            x2: note.to.x,
            y2: note.to.y,
            stroke: ink.line,
            "stroke-width": 1,
            "stroke-dasharray": "2 2",
          }),
        ]),
    element("rect", {
      x: left,
      y: top,
      width: note.width,
      height: note.height,
      fill: ink.fill,
      stroke: ink.line,
      "stroke-width": 1,
    }),
    ...noteLines(note.text).map((line, index) =>
      element("text", { x: left + 8, y: top + 18 + index * LINE_HEIGHT, fill: ink.text }, [line]),
    ),
  ]);
}

/** The kinds of lines and of nodes that are drawn, with their words. */
function legendOf(view: View, pen: Pen): { parts: string[]; width: number; height: number } {
  const { theme, words } = pen;
  const ink = INK[theme];
  const bases = BASES.filter((basis) => view.edges.some((edge) => edge.basis === basis));
  const kinds = [...new Set(view.nodes.map((node) => node.kind))].sort();
  const incomplete = view.nodes.some((node) => node.incomplete);
  if (kinds.length === 0) return { parts: [], width: 0, height: MARGIN };
  let x = 0;
  const parts = [element("text", { x: 0, y: 14, "font-weight": "bold", fill: ink.text }, [words.legend])];
  const put = (sign: (left: number) => string, word: string) => {
    parts.push(
      sign(x),
      element("text", { x: x + 44, y: LEGEND_ROW + 14, fill: ink.text }, [visible(word)]),
    );
    x += 44 + Math.ceil(widthOf(word, TEXT_SIZE)) + 18;
  };
  for (const basis of bases) {
    const dashes = dashesOf(basis, 2);
    put(
      (left) =>
        element("line", {
          x1: left,
          y1: LEGEND_ROW + 10,
          x2: left + 36,
          y2: LEGEND_ROW + 10,
          stroke: edgeInk({ basis, colour: null }, theme),
          "stroke-width": 2,
          ...(dashes.length > 0 ? { "stroke-dasharray": dashes.map(num).join(" ") } : {}),
        }),
      words.bases[basis],
    );
  }
  for (const kind of kinds) put((left) => sample(kind, left, theme, false), words.kinds[kind]);
  if (incomplete) put((left) => sample("address", left, theme, true), words.incomplete);
  return { parts, width: x, height: 2 * LEGEND_ROW + MARGIN };
}

function sample(kind: ViewNode["kind"], left: number, theme: Theme, broken: boolean): string {
  const ink = nodeInk({ kind, colour: null }, theme);
  const rounded = { rectangle: 0, "round-rectangle": 5, "cut-rectangle": 0, barrel: 8 };
  const looks: Attributes = {
    fill: ink.fill,
    stroke: ink.line,
    "stroke-width": 1.5,
    ...(broken ? { "stroke-dasharray": "4 3" } : {}),
  };
  const box = { x: left, y: LEGEND_ROW + 2, width: 36, height: 16 };
  const outer = element("rect", { ...box, rx: rounded[shapeOf({ kind })], ...looks });
  if (kind !== "cluster" && kind !== "group") return outer;
  return outer + element("rect", { x: left + 3, y: LEGEND_ROW + 5, width: 30, height: 10, fill: "none", stroke: ink.line, "stroke-width": 1 });
}

/** The box around all that is drawn. */
function extentOf(view: View): { left: number; right: number; top: number; bottom: number } {
  const extent = { left: 0, right: 0, top: 0, bottom: 0 };
  let first = true;
  const take = (x: number, y: number, width: number, height: number) => {
    const left = x - width / 2;
    const top = y - height / 2;
    extent.left = first ? left : Math.min(extent.left, left);
    extent.right = first ? left + width : Math.max(extent.right, left + width);
    extent.top = first ? top : Math.min(extent.top, top);
    extent.bottom = first ? top + height : Math.max(extent.bottom, top + height);
    first = false;
  };
  for (const { x, y } of view.nodes) take(x, y, NODE_WIDTH, NODE_HEIGHT);
  for (const item of [...view.boxes, ...view.more, ...view.notes]) take(item.x, item.y, item.width, item.height);
  return extent;
}
