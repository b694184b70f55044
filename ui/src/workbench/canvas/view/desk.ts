/** What is on the desk: the picture with its history, what is selected, what is asked. */

import { announce } from "../../announce";
import { asRefusal, type Refusal } from "../../api";
import { makeStore, type Store } from "../../store";
import { t } from "../../texts";
import type { FlowMore } from "../model/flow";
import { act, begin, redo, undo, type History } from "../model/history";
import type { Operation } from "../model/operation";
import { emptyPicture, type Picture } from "../model/picture";
import { visibleOf, type View } from "../model/visible";

/** A dialog that stands above the canvas, and what it is about. */
export type Asking =
  | { kind: "add" | "dust" | "palette" | "help" | "colour" | "export" | "pictures" | "snapshot" | "find" }
  | { kind: "note"; on: { node: string } | { edge: string } | null; id?: string }
  | { kind: "group"; ids: string[] }
  | { kind: "expand"; node: string; direction: "in" | "out" }
  | { kind: "exhibit"; item: { kind: "tx" | "address" | "cluster" | "outpoint"; name: string } };

export type SaveState = "saved" | "waiting" | "saving" | "conflict" | "failed" | "scratch";

export interface Desk {
  history: Store<History>;
  view: Store<View>;
  selected: Store<ReadonlySet<string>>;
  /** Several were chosen, or one by key: walking on keeps them. */
  picking: boolean;
  /** The drawn thing that the arrow keys go from; a node, edge, note, box or "more" id. */
  focus: Store<string | null>;
  asking: Store<Asking | null>;
  panel: Store<"details" | "outline">;
  /** Where the context menu stands, in pixels of the window. */
  menu: Store<{ x: number; y: number } | null>;
  fault: Store<Refusal | null>;
  busy: Store<number>;
  saved: Store<SaveState>;
  /** What the drawing can do, once it is there. */
  surface: Surface;
  /** The case whose picture this is; null on a scratch canvas. */
  place: { caseName: string | null; picture: string };
}

/** What only the drawing knows how to do. */
export interface Surface {
  fit: () => void;
  zoom: (factor: number) => void;
  /** Brings a drawn thing into sight. */
  reveal: (id: string) => void;
  /** Brings these into sight together, all of the picture where they need more room than there is. */
  gather: (ids: readonly string[]) => void;
  /** Where a drawn thing stands in the window, in pixels. */
  at: (id: string) => { x: number; y: number } | null;
  focus: () => void;
  /** The middle of what is in sight, in units of the drawing. */
  middle: () => { x: number; y: number };
  viewport: () => { zoom: number; pan: { x: number; y: number }; width: number };
  /** Calls back when what is in sight changes; gives what ends it. */
  onViewport: (told: () => void) => () => void;
  /** For measuring alone. */
  cy: unknown;
}

const NO_SURFACE: Surface = {
  fit: () => undefined,
  zoom: () => undefined,
  reveal: () => undefined,
  gather: () => undefined,
  at: () => null,
  focus: () => undefined,
  middle: () => ({ x: 0, y: 0 }),
  viewport: () => ({ zoom: 1, pan: { x: 0, y: 0 }, width: 0 }),
  onViewport: () => () => undefined,
  cy: null,
};

export function makeDesk(caseName: string | null, name: string): Desk {
  const history = makeStore(begin(emptyPicture()));
  const view = makeStore(visibleOf(history.get().picture));
  const desk: Desk = {
    history,
    view,
    selected: makeStore<ReadonlySet<string>>(new Set()),
    picking: false,
    focus: makeStore<string | null>(null),
    asking: makeStore<Asking | null>(null),
    panel: makeStore<"details" | "outline">("details"),
    menu: makeStore<{ x: number; y: number } | null>(null),
    fault: makeStore<Refusal | null>(null),
    busy: makeStore(0),
    saved: makeStore<SaveState>(caseName === null ? "scratch" : "saved"),
    surface: NO_SURFACE,
    place: { caseName, picture: name },
  };
  history.watch(({ picture }) => {
    view.set(visibleOf(picture));
    prune(desk);
  });
  return desk;
}

export function pictureOf(desk: Desk): Picture {
  return desk.history.get().picture;
}

/** Does an operation, so that it can be undone. */
export function commit(desk: Desk, operation: Operation): void {
  desk.history.set(act(desk.history.get(), operation));
}

/** Puts another picture on the desk; what was done before is no part of it. */
export function lay(desk: Desk, picture: Picture): void {
  desk.selected.set(new Set());
  desk.focus.set(null);
  desk.history.set(begin(picture));
}

export function undoOn(desk: Desk): void {
  const last = desk.history.get().done.at(-1);
  if (last === undefined) return announce(t("canvas.said.nothing_to_undo"));
  desk.history.set(undo(desk.history.get()));
  announce(t("canvas.said.undone", { what: verbOf(last) }));
}

export function redoOn(desk: Desk): void {
  const next = desk.history.get().undone.at(-1);
  if (next === undefined) return announce(t("canvas.said.nothing_to_redo"));
  desk.history.set(redo(desk.history.get()));
  announce(t("canvas.said.redone", { what: verbOf(next) }));
}

export function verbOf(operation: Operation): string {
  return t(`canvas.verb.${operation.verb}`);
}

export function select(desk: Desk, ids: Iterable<string>): void {
  const next = new Set(ids);
  const now = desk.selected.get();
  desk.picking = next.size > 1 || (desk.picking && next.size > 0);
  if (next.size === now.size && [...next].every((id) => now.has(id))) return;
  desk.selected.set(next);
}

export function toggle(desk: Desk, id: string): void {
  const next = new Set(desk.selected.get());
  if (!next.delete(id)) next.add(id);
  desk.picking = next.size > 0;
  desk.selected.set(next);
}

/** The ids an action is about: what is selected, else what has the focus. */
export function chosen(desk: Desk): string[] {
  const selected = [...desk.selected.get()];
  const focus = desk.focus.get();
  if (selected.length > 0) return selected;
  return focus === null ? [] : [focus];
}

/** The nodes of the picture that an action is about; a merged node counts as all it stands for. */
export function chosenNodes(desk: Desk): string[] {
  const { nodes } = desk.history.get().picture;
  const drawn = new Map(desk.view.get().nodes.map((node) => [node.id, node]));
  return [
    ...new Set(
      chosen(desk).flatMap((id) =>
        Object.hasOwn(nodes, id) ? [id] : (drawn.get(id)?.members ?? []),
      ),
    ),
  ];
}

/** The edges of the picture that an action is about. */
export function chosenEdges(desk: Desk): string[] {
  const ids = new Set(chosen(desk));
  return desk.view.get().edges.flatMap((edge) => (ids.has(edge.id) ? edge.members : []));
}

/** What of the parts left out was chosen: the "+312 more" that has the focus, if one has. */
export function chosenMore(desk: Desk): (FlowMore & { id: string }) | null {
  const ids = new Set(chosen(desk));
  return desk.view.get().more.find((more) => ids.has(more.id)) ?? null;
}

/** Asks the server something; shows that it is at it, and its refusal. */
export async function during<T>(desk: Desk, work: () => Promise<T>): Promise<T | null> {
  desk.busy.set(desk.busy.get() + 1);
  desk.fault.set(null);
  try {
    return await work();
  } catch (error) {
    desk.fault.set(asRefusal(error));
    return null;
  } finally {
    desk.busy.set(desk.busy.get() - 1);
  }
}

/** Lets go of what is drawn no longer. */
function prune(desk: Desk): void {
  const { nodes, edges, notes, boxes, more } = desk.view.get();
  const there = new Set([nodes, edges, notes, boxes, more].flatMap((items) => items.map(({ id }) => id)));
  const selected = [...desk.selected.get()].filter((id) => there.has(id));
  select(desk, selected);
  const focus = desk.focus.get();
  if (focus !== null && !there.has(focus)) desk.focus.set(null);
}
