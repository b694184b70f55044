/** What is drawn, as cytoscape's elements: made of the view, compared, and changed where it differs. */

import type { Core, ElementDefinition } from "cytoscape";
import type { Theme } from "../model/look";
import { BASIS_LINE, INK, edgeInk, edgeWidth, nodeInk, noteInk, shapeOf } from "../model/look";
import { visible } from "../../../shared/text";
import { COLUMN, NODE_HEIGHT, NODE_WIDTH, type Point } from "../model/space";
import { noteLines } from "../model/fit";
import { edgeLabel, moreLabel, nodeLines, type Words } from "../model/labels";
import type { Picture } from "../model/picture";
import type { View, ViewEdge } from "../model/visible";

type Data = Record<string, string | number>;

export interface Element {
  id: string;
  group: "nodes" | "edges";
  data: Data;
  position?: { x: number; y: number };
  classes: string;
}

/** Everything to draw, by id. */
export function elementsOf(view: View, picture: Picture, words: Words, theme: Theme): Map<string, Element> {
  const { settings } = picture;
  const all = new Map<string, Element>();
  const put = (element: Element): void => void all.set(element.id, element);
  const standing = new Map(view.nodes.flatMap((node) => node.members.map((id) => [id, node.id] as const)));
  for (const box of view.boxes) {
    put({
      id: box.id,
      group: "nodes",
      classes: "box",
      data: { label: visible(box.label), width: box.width, height: box.height, line: noteInk(box.colour, theme).line },
      position: { x: box.x, y: box.y },
    });
  }
  for (const node of view.nodes) {
    const ink = nodeInk(node, theme);
    put({
      id: node.id,
      group: "nodes",
      classes: [
        "item",
        `kind-${node.kind}`,
        node.incomplete && "incomplete",
        node.pinned && "pinned",
        node.highlighted && "lit",
      ].filter(Boolean).join(" "),
      data: {
        label: nodeLines(node, settings, words).join("\n"),
        shape: shapeOf(node),
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        fill: ink.fill,
        line: ink.line,
        text: ink.text,
      },
      position: { x: node.x, y: node.y },
    });
  }
  for (const more of view.more) {
    put({
      id: more.id,
      group: "nodes",
      classes: "more",
      data: { label: moreLabel(more, settings, words), width: more.width, height: more.height },
      position: { x: more.x, y: more.y },
    });
  }
  for (const note of view.notes) {
    const ink = noteInk(note.colour, theme);
    put({
      id: note.id,
      group: "nodes",
      classes: "note",
      data: { label: noteLines(note.text).join("\n"), width: note.width, height: note.height, fill: ink.fill, line: ink.line },
      position: { x: note.x, y: note.y },
    });
  }
  for (const note of view.notes) {
    // A line from the remark to what it is on; one on an edge stands beside it without.
    const own = picture.notes[note.id]?.on ?? null;
    const on = own !== null && "node" in own ? standing.get(own.node) : undefined;
    if (on === undefined) continue;
    put({ id: `tie:${note.id}`, group: "edges", classes: "tie", data: { source: note.id, target: on } });
  }
  const degrees = new Map<string, number>();
  for (const { from, to } of view.edges) {
    for (const end of [`from ${from}`, `to ${to}`]) degrees.set(end, (degrees.get(end) ?? 0) + 1);
  }
  for (const edge of view.edges) {
    const from = all.get(edge.from)?.position;
    const to = all.get(edge.to)?.position;
    if (from === undefined || to === undefined) continue;
    put({
      id: edge.id,
      group: "edges",
      classes: ["money", `basis-${edge.basis}`, wayOf(from, to), labelOf(edge, from, to, degrees), edge.highlighted && "lit"].filter(Boolean).join(" "),
      data: {
        source: edge.from,
        target: edge.to,
        label: edgeLabel(edge, settings, words),
        width: edgeWidth(edge),
        offset: offsetOf(from, to),
        line: edgeInk(edge, theme),
      },
    });
  }
  return all;
}

/** Which sides of its nodes an edge joins; as `endsOf` of the look has it. */
function wayOf(from: Point, to: Point): string {
  if (to.x - from.x >= NODE_WIDTH) return "forward";
  if (from.x - to.x >= NODE_WIDTH) return "backward";
  return to.y >= from.y ? "down" : "up";
}

const GAP = COLUMN - NODE_WIDTH;

/** Where the amount stands, as `labelAt` of the look has it: a long edge may pass behind a node. */
function labelOf(edge: ViewEdge, from: Point, to: Point, degrees: ReadonlyMap<string, number>): string {
  if (Math.abs(to.x - from.x) - NODE_WIDTH <= GAP) return "";
  const lonely = (degrees.get(`from ${edge.from}`) ?? 0) < (degrees.get(`to ${edge.to}`) ?? 0);
  return lonely ? "label-from" : "label-to";
}

/** How far along the line of a long edge the middle of the gap beside its end is. */
function offsetOf(from: Point, to: Point): number {
  const across = Math.max(1, Math.abs(to.x - from.x) - NODE_WIDTH);
  return Math.round((Math.hypot(across, to.y - from.y) * GAP) / 2 / across);
}

/** Has cytoscape draw `now` where `before` was: what is the same is not touched. */
export function redraw(cy: Core, before: ReadonlyMap<string, Element>, now: ReadonlyMap<string, Element>): void {
  cy.batch(() => {
    for (const [id, element] of before) {
      const next = now.get(id);
      if (next === undefined || moved(element, next)) cy.getElementById(id).remove();
    }
    const fresh: ElementDefinition[] = [];
    for (const [id, element] of now) {
      const there = before.get(id);
      if (there === undefined || moved(there, element) || cy.getElementById(id).empty()) {
        fresh.push({
          group: element.group,
          data: { id, ...element.data },
          ...(element.position === undefined ? {} : { position: { ...element.position } }),
          classes: element.classes,
        });
        continue;
      }
      const drawn = cy.getElementById(id);
      if (JSON.stringify(there.data) !== JSON.stringify(element.data)) drawn.data(element.data);
      if (there.classes !== element.classes) {
        drawn.removeClass(there.classes).addClass(element.classes);
      }
      if (element.position !== undefined) {
        const at = drawn.position();
        if (at.x !== element.position.x || at.y !== element.position.y) drawn.position({ ...element.position });
      }
    }
    cy.add(fresh);
  });
}

/** True for an edge that now joins others: cytoscape cannot turn an edge round. */
function moved(before: Element, now: Element): boolean {
  return before.data.source !== now.data.source || before.data.target !== now.data.target;
}

/** How the elements look. Sizes and inks come with each element; here is what is the same for all. */
export function stylesheet(theme: Theme): object[] {
  const ink = INK[theme];
  const text = {
    color: ink.text,
    "font-family": "system-ui, sans-serif",
    "font-size": 11,
    "min-zoomed-font-size": 6,
    "text-wrap": "wrap",
    "text-valign": "center",
    "text-halign": "center",
  };
  return [
    { selector: "node", style: { ...text, label: "data(label)", width: "data(width)", height: "data(height)" } },
    {
      selector: "node.item",
      style: {
        shape: "data(shape)",
        "background-color": "data(fill)",
        "border-color": "data(line)",
        "border-width": 1.5,
        color: "data(text)",
        "text-max-width": 166,
        "line-height": 1.25,
        "z-index": 10,
      },
    },
    { selector: "node.incomplete", style: { "border-style": "dashed" } },
    { selector: "node.kind-group, node.kind-cluster", style: { "border-style": "double", "border-width": 4 } },
    { selector: "node.incomplete", style: { "border-style": "dashed", "border-width": 2 } },
    {
      selector: "node.more",
      style: {
        shape: "round-rectangle",
        "background-color": ink.ground,
        "border-color": ink.line,
        "border-width": 1,
        "border-style": "dotted",
        "text-max-width": 150,
        "z-index": 9,
      },
    },
    {
      selector: "node.note",
      style: {
        shape: "tag",
        "background-color": "data(fill)",
        "border-color": "data(line)",
        "border-width": 1,
        "text-max-width": 190,
        "text-justification": "left",
        "z-index": 12,
      },
    },
    {
      selector: "node.box",
      style: {
        shape: "round-rectangle",
        "background-opacity": 0.06,
        "background-color": "data(line)",
        "border-color": "data(line)",
        "border-width": 1.5,
        "border-style": "dashed",
        "text-valign": "top",
        "font-weight": "bold",
        "z-index": 0,
        "z-index-compare": "manual",
      },
    },
    {
      selector: "edge.money",
      style: {
        color: ink.text,
        "font-family": "system-ui, sans-serif",
        "font-size": 10,
        "text-wrap": "wrap",
        "min-zoomed-font-size": 7,
        label: "data(label)",
        width: "data(width)",
        "curve-style": "straight",
        "line-color": "data(line)",
        "target-arrow-color": "data(line)",
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.8,
        "text-background-color": ink.ground,
        "text-background-opacity": 0.85,
        "text-background-padding": "1px",
      },
    },
    {
      selector: "edge.label-from",
      style: { label: "", "source-label": "data(label)", "source-text-offset": "data(offset)" },
    },
    {
      selector: "edge.label-to",
      style: { label: "", "target-label": "data(label)", "target-text-offset": "data(offset)" },
    },
    { selector: "edge.forward", style: { "source-endpoint": "50% 0%", "target-endpoint": "-50% 0%" } },
    { selector: "edge.backward", style: { "source-endpoint": "-50% 21%", "target-endpoint": "50% 21%" } },
    { selector: "edge.down", style: { "source-endpoint": "0% 50%", "target-endpoint": "0% -50%" } },
    { selector: "edge.up", style: { "source-endpoint": "0% -50%", "target-endpoint": "0% 50%" } },
    {
      selector: "edge.tie",
      style: { width: 1, "line-color": ink.line, "line-style": "dotted", "curve-style": "straight", events: "no" },
    },
    ...Object.entries(BASIS_LINE).map(([basis, { style, dashes }]) => ({
      selector: `edge.basis-${basis}`,
      style: {
        "line-style": style,
        ...(dashes.length > 0 ? { "line-dash-pattern": dashes } : {}),
      },
    })),
    { selector: ".lit", style: { "overlay-color": ink.lit, "overlay-opacity": 0.22, "overlay-padding": 5 } },
    { selector: "node.pinned", style: { "border-width": 3 } },
    {
      selector: "node:selected",
      style: { "outline-color": ink.accent, "outline-width": 3, "outline-offset": 2 },
    },
    {
      selector: "edge:selected",
      style: { "overlay-color": ink.accent, "overlay-opacity": 0.25, "overlay-padding": 4 },
    },
    {
      selector: "node.focus",
      style: { "outline-color": ink.text, "outline-width": 2, "outline-style": "dashed", "outline-offset": 6 },
    },
    {
      selector: "edge.focus",
      style: { "overlay-color": ink.text, "overlay-opacity": 0.3, "overlay-padding": 5 },
    },
    { selector: "core", style: { "active-bg-size": 0, "selection-box-color": ink.accent, "selection-box-opacity": 0.15 } },
  ];
}
