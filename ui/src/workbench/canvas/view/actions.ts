/** Everything that can be done on the canvas: toolbar, menus, palette and keys all come here. */

import { announce } from "../../announce";
import type { IconName } from "../../parts/Icon";
import { copyText } from "../../parts/copy";
import { navigate, to } from "../../router";
import { t, tn } from "../../texts";
import { collapse, editGroup, eraseNote, hide, highlight, move, pin, remove, set, show, ungroup } from "../model/operations";
import { shortestPath, widestPath } from "../model/paths";
import { tidy } from "../model/tidy";
import { layered } from "../worker/layered";
import {
  chosen,
  chosenEdges,
  chosenMore,
  chosenNodes,
  commit,
  during,
  pictureOf,
  redoOn,
  select,
  toggle,
  undoOn,
  type Desk,
} from "./desk";
import { expand, switchNodes } from "./expanding";
import { say } from "./saying";
import { pageOf } from "./server";
import { firstOf, lastOf, nearest, nextEdge, type Way } from "./walking";

export type Family = "add" | "expand" | "see" | "mark" | "arrange" | "walk" | "work" | "help";

export interface Action {
  id: string;
  family: Family;
  icon?: IconName;
  /** What it is about: the menu of a node shows what is about nodes. */
  about: "canvas" | "nodes" | "chosen" | "more";
  enabled?: (desk: Desk) => boolean;
  /** For what is on or off. */
  pressed?: (desk: Desk) => boolean;
  run: (desk: Desk) => void | Promise<unknown>;
}

const nodes = (desk: Desk): boolean => chosenNodes(desk).length > 0;
const anything = (desk: Desk): boolean => chosen(desk).length > 0;
const filled = (desk: Desk): boolean => Object.keys(pictureOf(desk).nodes).length > 0;
/** Where an arrow moves a node by keyboard. */
const STEP = 24;

export const ACTIONS: readonly Action[] = [
  { id: "add", family: "add", icon: "add", about: "canvas", run: (desk) => desk.asking.set({ kind: "add" }) },
  {
    id: "expand_out",
    family: "expand",
    icon: "forward",
    about: "nodes",
    enabled: (desk) => nodes(desk) || chosenMore(desk) !== null,
    run: (desk) => open(desk, "out"),
  },
  {
    id: "expand_in",
    family: "expand",
    icon: "back",
    about: "nodes",
    enabled: (desk) => nodes(desk) || chosenMore(desk) !== null,
    run: (desk) => open(desk, "in"),
  },
  {
    id: "expand_both",
    family: "expand",
    icon: "expand",
    about: "nodes",
    enabled: nodes,
    run: (desk) => expand(desk, chosenNodes(desk), { direction: "both" }),
  },
  {
    id: "expand_choose",
    family: "expand",
    icon: "more",
    about: "nodes",
    enabled: (desk) => nodes(desk) || chosenMore(desk) !== null,
    run: (desk) => {
      const more = chosenMore(desk);
      const node = more?.node ?? chosenNodes(desk)[0];
      if (node !== undefined) desk.asking.set({ kind: "expand", node, direction: more?.direction ?? "out" });
    },
  },
  {
    id: "collapse",
    family: "expand",
    icon: "minus",
    about: "nodes",
    enabled: nodes,
    run: (desk) => {
      for (const id of chosenNodes(desk)) commit(desk, collapse(pictureOf(desk), id, "both"));
    },
  },
  {
    id: "switch",
    family: "expand",
    icon: "reload",
    about: "nodes",
    enabled: (desk) => chosenNodes(desk).some((id) => /^(address|cluster):/.test(id)),
    run: (desk) => switchNodes(desk, chosenNodes(desk)),
  },
  {
    id: "by_cluster",
    family: "see",
    icon: "link",
    about: "canvas",
    pressed: (desk) => pictureOf(desk).settings.by_cluster,
    run: (desk) => {
      const by_cluster = !pictureOf(desk).settings.by_cluster;
      commit(desk, set(pictureOf(desk), { by_cluster }));
      announce(t(by_cluster ? "canvas.said.by_cluster" : "canvas.said.by_address"));
    },
  },
  {
    id: "hide",
    family: "see",
    icon: "hide",
    about: "chosen",
    enabled: (desk) => nodes(desk) || chosenEdges(desk).length > 0,
    run: (desk) => {
      const ids = [...chosenNodes(desk), ...chosenEdges(desk)];
      commit(desk, hide(pictureOf(desk), ids));
      announce(tn("canvas.said.hidden", ids.length));
    },
  },
  { id: "show_all", family: "see", icon: "show", about: "canvas", run: (desk) => commit(desk, show(pictureOf(desk))) },
  { id: "dust", family: "see", icon: "filter", about: "canvas", run: (desk) => desk.asking.set({ kind: "dust" }) },
  {
    id: "time",
    family: "see",
    icon: "settings",
    about: "canvas",
    enabled: filled,
    run: () => document.querySelector<HTMLElement>(".canvas-time input")?.focus(),
  },
  { id: "find", family: "see", icon: "search", about: "canvas", enabled: filled, run: (desk) => desk.asking.set({ kind: "find" }) },
  {
    id: "note",
    family: "mark",
    icon: "edit",
    about: "chosen",
    enabled: anything,
    run: (desk) => {
      const id = chosen(desk)[0];
      const note = id === undefined ? undefined : pictureOf(desk).notes[id];
      if (note !== undefined) return desk.asking.set({ kind: "note", on: note.on, id: note.id });
      const node = chosenNodes(desk)[0];
      const edge = chosenEdges(desk)[0];
      if (node !== undefined) desk.asking.set({ kind: "note", on: { node } });
      else if (edge !== undefined) desk.asking.set({ kind: "note", on: { edge } });
    },
  },
  { id: "note_free", family: "mark", icon: "bookmark", about: "canvas", run: (desk) => desk.asking.set({ kind: "note", on: null }) },
  {
    id: "pin",
    family: "mark",
    icon: "pin",
    about: "nodes",
    enabled: nodes,
    pressed: (desk) => chosenNodes(desk).some((id) => pictureOf(desk).nodes[id]?.pinned),
    run: (desk) => {
      const ids = chosenNodes(desk);
      const free = ids.some((id) => !pictureOf(desk).nodes[id]?.pinned);
      commit(desk, pin(pictureOf(desk), ids, free));
      announce(t(free ? "canvas.said.pinned" : "canvas.said.unpinned"));
    },
  },
  { id: "colour", family: "mark", icon: "theme", about: "chosen", enabled: anything, run: (desk) => desk.asking.set({ kind: "colour" }) },
  {
    id: "group",
    family: "mark",
    icon: "stop",
    about: "nodes",
    enabled: nodes,
    run: (desk) => desk.asking.set({ kind: "group", ids: chosenNodes(desk) }),
  },
  {
    id: "ungroup",
    family: "mark",
    icon: "close",
    about: "chosen",
    enabled: (desk) => groupsOf(desk).length > 0,
    run: (desk) => {
      for (const id of groupsOf(desk)) commit(desk, ungroup(pictureOf(desk), id));
    },
  },
  {
    id: "fold",
    family: "mark",
    icon: "down",
    about: "chosen",
    enabled: (desk) => groupsOf(desk).length > 0,
    run: (desk) => {
      for (const id of groupsOf(desk)) {
        commit(desk, editGroup(pictureOf(desk), id, { closed: !pictureOf(desk).groups[id]?.closed }));
      }
    },
  },
  {
    id: "path",
    family: "mark",
    icon: "link",
    about: "nodes",
    enabled: (desk) => chosenNodes(desk).length >= 2,
    run: (desk) => lightPath(desk),
  },
  { id: "path_clear", family: "mark", icon: "close", about: "canvas", run: (desk) => commit(desk, highlight(pictureOf(desk), [])) },
  {
    id: "remove",
    family: "see",
    icon: "close",
    about: "chosen",
    enabled: anything,
    run: (desk) => {
      const picture = pictureOf(desk);
      const notes = chosen(desk).filter((id) => Object.hasOwn(picture.notes, id));
      const ids = [...chosenNodes(desk), ...chosenEdges(desk)];
      if (ids.length > 0) commit(desk, remove(picture, ids));
      for (const id of notes) commit(desk, eraseNote(pictureOf(desk), id));
      announce(tn("canvas.said.removed", ids.length + notes.length));
    },
  },
  { id: "undo", family: "arrange", icon: "undo", about: "canvas", enabled: (desk) => desk.history.get().done.length > 0, run: undoOn },
  { id: "redo", family: "arrange", icon: "redo", about: "canvas", enabled: (desk) => desk.history.get().undone.length > 0, run: redoOn },
  {
    id: "tidy",
    family: "arrange",
    icon: "menu",
    about: "canvas",
    enabled: filled,
    run: async (desk) => {
      const operation = await during(desk, () => tidy(pictureOf(desk), layered));
      if (operation === null) return;
      commit(desk, operation);
      desk.surface.fit();
      announce(t("canvas.said.tidied"));
    },
  },
  { id: "fit", family: "arrange", about: "canvas", run: (desk) => desk.surface.fit() },
  { id: "zoom_in", family: "arrange", icon: "add", about: "canvas", run: (desk) => desk.surface.zoom(1.25) },
  { id: "zoom_out", family: "arrange", icon: "minus", about: "canvas", run: (desk) => desk.surface.zoom(0.8) },
  ...(["left", "right", "up", "down"] as const).map(
    (way): Action => ({ id: `move_${way}`, family: "arrange", about: "nodes", enabled: nodes, run: (desk) => shove(desk, way) }),
  ),
  { id: "select", family: "walk", about: "canvas", enabled: (desk) => desk.focus.get() !== null, run: (desk) => pick(desk) },
  {
    id: "select_all",
    family: "walk",
    about: "canvas",
    enabled: filled,
    run: (desk) => {
      select(desk, desk.view.get().nodes.map(({ id }) => id));
      announce(tn("canvas.said.selected", desk.selected.get().size));
    },
  },
  {
    id: "select_none",
    family: "walk",
    about: "canvas",
    run: (desk) => {
      desk.menu.set(null);
      select(desk, []);
    },
  },
  ...(["left", "right", "up", "down"] as const).map(
    (way): Action => ({
      id: `focus_${way}`,
      family: "walk",
      about: "canvas",
      run: (desk) => go(desk, nearest(desk.view.get(), desk.focus.get(), way)),
    }),
  ),
  { id: "focus_edge", family: "walk", about: "canvas", run: (desk) => go(desk, nextEdge(desk.view.get(), desk.focus.get())) },
  { id: "focus_first", family: "walk", about: "canvas", run: (desk) => go(desk, firstOf(desk.view.get())) },
  { id: "focus_last", family: "walk", about: "canvas", run: (desk) => go(desk, lastOf(desk.view.get())) },
  {
    id: "details",
    family: "walk",
    icon: "info",
    about: "chosen",
    enabled: anything,
    run: (desk) => {
      const more = chosenMore(desk);
      if (more !== null) return desk.asking.set({ kind: "expand", node: more.node, direction: more.direction });
      desk.panel.set("details");
      requestAnimationFrame(() => document.getElementById("canvas-details")?.focus());
    },
  },
  {
    id: "outline",
    family: "walk",
    icon: "menu",
    about: "canvas",
    run: (desk) => {
      desk.panel.set("outline");
      requestAnimationFrame(() => document.getElementById("canvas-outline")?.focus());
    },
  },
  {
    id: "menu",
    family: "walk",
    about: "canvas",
    run: (desk) => {
      const id = chosen(desk)[0];
      const at = id === undefined ? null : desk.surface.at(id);
      const box = document.querySelector(".canvas-region")?.getBoundingClientRect();
      desk.menu.set(at ?? { x: (box?.left ?? 0) + 40, y: (box?.top ?? 0) + 40 });
    },
  },
  {
    id: "copy",
    family: "work",
    icon: "copy",
    about: "chosen",
    enabled: anything,
    run: (desk) => copyText(chosen(desk).flatMap((id) => namesToCopy(desk, id)).join("\n")),
  },
  {
    id: "open",
    family: "work",
    icon: "forward",
    about: "nodes",
    enabled: (desk) => chosenNodes(desk).some((id) => pageOf(id) !== null),
    run: (desk) => {
      const page = chosenNodes(desk).map(pageOf).find((path) => path !== null);
      if (page !== undefined && page !== null) navigate(page);
    },
  },
  {
    id: "exhibit",
    family: "work",
    icon: "case",
    about: "chosen",
    enabled: (desk) => exhibitOf(desk) !== null,
    run: (desk) => {
      const item = exhibitOf(desk);
      if (item !== null) desk.asking.set({ kind: "exhibit", item });
    },
  },
  {
    id: "trace",
    family: "work",
    icon: "play",
    about: "chosen",
    enabled: (desk) => seedOf(desk) !== null,
    run: (desk) => {
      const seed = seedOf(desk);
      if (seed !== null) navigate(to("/trace", {}, { seed }));
    },
  },
  { id: "snapshot", family: "work", icon: "bookmark", about: "canvas", enabled: filled, run: (desk) => desk.asking.set({ kind: "snapshot" }) },
  { id: "export", family: "work", icon: "download", about: "canvas", enabled: filled, run: (desk) => desk.asking.set({ kind: "export" }) },
  { id: "pictures", family: "work", about: "canvas", run: (desk) => desk.asking.set({ kind: "pictures" }) },
  { id: "palette", family: "help", icon: "search", about: "canvas", run: (desk) => desk.asking.set({ kind: "palette" }) },
  { id: "help", family: "help", icon: "help", about: "canvas", run: (desk) => desk.asking.set({ kind: "help" }) },
];

export const ACTION = new Map(ACTIONS.map((action) => [action.id, action]));

/** Runs an action by name, where it has something to act on. */
export function perform(desk: Desk, id: string): void | Promise<unknown> {
  const action = ACTION.get(id);
  if (action === undefined) return;
  // Undo and redo say for themselves that nothing is left.
  const says = id === "undo" || id === "redo";
  if (!says && action.enabled?.(desk) === false) return announce(t("canvas.said.not_now", { action: t(`canvas.action.${id}`) }));
  return action.run(desk);
}

function open(desk: Desk, direction: "in" | "out"): void | Promise<unknown> {
  const more = chosenMore(desk);
  if (more !== null) return desk.asking.set({ kind: "expand", node: more.node, direction: more.direction });
  return expand(desk, chosenNodes(desk), { direction });
}

/** Moves the focus, and says what it is now on. */
export function go(desk: Desk, id: string | null): void {
  if (id === null) return announce(t("canvas.said.border"));
  // One that was clicked is let go: what has the focus is what the next key is about.
  if (!desk.picking) select(desk, []);
  desk.focus.set(id);
  desk.surface.reveal(id);
  say(desk, id);
}

function pick(desk: Desk): void {
  const focus = desk.focus.get();
  if (focus === null) return;
  toggle(desk, focus);
  announce(t(desk.selected.get().has(focus) ? "canvas.said.picked" : "canvas.said.dropped", { count: desk.selected.get().size }));
}

function shove(desk: Desk, way: Way): void {
  const dx = { left: -STEP, right: STEP, up: 0, down: 0 }[way];
  const dy = { left: 0, right: 0, up: -STEP, down: STEP }[way];
  const picture = pictureOf(desk);
  const ids = chosenNodes(desk);
  const places = Object.fromEntries(
    ids.flatMap((id) => {
      const node = picture.nodes[id];
      return node === undefined ? [] : [[id, { x: node.x + dx, y: node.y + dy }]];
    }),
  );
  // Steps with the arrow of the same nodes are one move.
  commit(desk, move(picture, places, `keys ${[...ids].sort().join(" ")}`));
}

function groupsOf(desk: Desk): string[] {
  const { groups, nodes: all } = pictureOf(desk);
  const named = chosen(desk).filter((id) => Object.hasOwn(groups, id));
  const held = chosenNodes(desk).flatMap((id) => all[id]?.group ?? []);
  return [...new Set([...named, ...held])];
}

function lightPath(desk: Desk): void {
  const picture = pictureOf(desk);
  const [a, b] = chosenNodes(desk);
  if (a === undefined || b === undefined) return;
  // The way that carries most, forward in time; else backward; else any.
  const found = widestPath(picture, a, b) ?? widestPath(picture, b, a) ?? shortestPath(picture, a, b) ?? shortestPath(picture, b, a);
  if (found === null) return announce(t("canvas.said.no_path"));
  commit(desk, highlight(picture, [...found.nodes, ...found.edges]));
  announce(tn("canvas.said.path", found.edges.length));
}

function namesToCopy(desk: Desk, id: string): string[] {
  const picture = pictureOf(desk);
  const note = picture.notes[id];
  if (note !== undefined) return [note.text];
  const node = desk.view.get().nodes.find((each) => each.id === id);
  if (node !== undefined) return node.members.map((member) => picture.nodes[member]?.label ?? member);
  const edge = desk.view.get().edges.find((each) => each.id === id);
  return edge === undefined ? [] : edge.outpoints.length > 0 ? edge.outpoints : [edge.id];
}

function exhibitOf(desk: Desk): { kind: "tx" | "address" | "cluster" | "outpoint"; name: string } | null {
  for (const id of chosenNodes(desk)) {
    const [, kind, name = ""] = /^(tx|address|cluster):(.+)$/.exec(id) ?? [];
    if (kind === "tx" || kind === "address" || kind === "cluster") return { kind, name };
    const outpoint = /^end:[^:]+:(.+)$/.exec(id)?.[1];
    if (outpoint !== undefined) return { kind: "outpoint", name: outpoint };
  }
  const edge = chosenEdges(desk)[0];
  const outpoint = edge === undefined ? undefined : pictureOf(desk).edges[edge]?.outpoints[0];
  return outpoint === undefined ? null : { kind: "outpoint", name: outpoint };
}

function seedOf(desk: Desk): string | null {
  const edge = chosenEdges(desk)[0];
  if (edge !== undefined) return pictureOf(desk).edges[edge]?.outpoints[0] ?? null;
  for (const id of chosenNodes(desk)) {
    const name = /^(?:tx|address|cluster|end:[^:]+):(.+)$/.exec(id)?.[1];
    if (name !== undefined) return name;
  }
  return null;
}

