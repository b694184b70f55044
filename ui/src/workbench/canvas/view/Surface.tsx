/** The drawing itself: one region that takes the keyboard, with cytoscape within. */

import cytoscape, { type Core, type EventObject, type NodeSingular } from "cytoscape";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { shownTheme, useSettings } from "../../settings";
import { useStore } from "../../store";
import { spoken, t } from "../../texts";
import { together } from "../model/operation";
import { editNote, move } from "../model/operations";
import type { Point } from "../model/space";
import { Axis } from "./Axis";
import { commit, pictureOf, select, type Desk, type Surface as Able } from "./desk";
import { elementsOf, redraw, stylesheet, type Element } from "./drawing";
import { wordsOf } from "../model/words";

/** Beyond this many elements edges are left out while the picture is dragged or zoomed. */
const MANY = 400;

export function Surface({ desk, onOpen }: { desk: Desk; onOpen: (id: string) => void }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const region = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const view = useStore(desk.view);
  const history = useStore(desk.history);
  const focus = useStore(desk.focus);
  const selected = useStore(desk.selected);
  const language = useStore(spoken);
  const { theme } = useSettings();
  const opened = useRef(onOpen);
  opened.current = onOpen;

  useEffect(() => {
    if (box.current === null || region.current === null) return;
    const made = draw(desk, box.current, region.current, (id) => opened.current(id));
    drawing.current = made;
    return () => {
      made.end();
      drawing.current = null;
    };
  }, [desk]);
  useEffect(() => {
    drawing.current?.show();
  }, [view, history, theme, language]);
  useEffect(() => {
    drawing.current?.mark(focus, selected);
  }, [focus, selected, view]);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const again = (): void => drawing.current?.show();
    dark.addEventListener("change", again);
    return () => dark.removeEventListener("change", again);
  }, []);

  const empty = view.nodes.length === 0;
  return (
    <div class="canvas-surface">
      <div
        ref={region}
        class="canvas-region"
        role="application"
        tabIndex={0}
        aria-label={t("canvas.surface.label", { nodes: view.nodes.length, edges: view.edges.length })}
        aria-describedby="canvas-how"
        onContextMenu={(event) => event.preventDefault()}
      >
        <div ref={box} class="canvas-box" />
      </div>
      <Axis desk={desk} />
      {empty && <p class="canvas-empty">{t("canvas.surface.empty")}</p>}
      <p id="canvas-how" class="unseen">{t("canvas.surface.how")}</p>
    </div>
  );
}

interface Drawing {
  show: () => void;
  mark: (focus: string | null, selected: ReadonlySet<string>) => void;
  end: () => void;
}

function draw(desk: Desk, box: HTMLElement, region: HTMLElement, onOpen: (id: string) => void): Drawing {
  let theme = shownTheme();
  let drawn: Map<string, Element> = new Map();
  const cy = cytoscape({
    container: box,
    style: stylesheet(theme) as cytoscape.StylesheetJson,
    layout: { name: "preset" },
    minZoom: 0.03,
    maxZoom: 4,
    boxSelectionEnabled: true,
    selectionType: "single",
    hideEdgesOnViewport: false,
    textureOnViewport: false,
    pixelRatio: "auto",
  });
  desk.surface = able(cy, region, box);
  follow(desk, cy, region, onOpen);

  const show = (): void => {
    const now = shownTheme();
    if (now !== theme) {
      theme = now;
      cy.style().fromJson(stylesheet(theme)).update();
    }
    const { picture } = desk.history.get();
    const next = elementsOf(desk.view.get(), picture, wordsOf(), theme);
    const first = drawn.size === 0 && next.size > 0;
    redraw(cy, drawn, next);
    drawn = next;
    quicken(cy, drawn.size > MANY);
    if (first) desk.surface.fit();
  };
  show();
  const sized = new ResizeObserver(() => cy.resize());
  sized.observe(box);
  return {
    show,
    mark: (focus, selected) => {
      cy.batch(() => {
        cy.elements(".focus").removeClass("focus");
        if (focus !== null) cy.getElementById(focus).addClass("focus");
        for (const element of cy.elements(":selected").toArray()) {
          if (!selected.has(element.id())) element.unselect();
        }
        for (const id of selected) cy.getElementById(id).select();
      });
    },
    end: () => {
      sized.disconnect();
      cy.destroy();
    },
  };
}

/** Draws less while a large picture moves. */
function quicken(cy: Core, many: boolean): void {
  const renderer = (cy as unknown as { renderer: () => Record<string, unknown> }).renderer();
  renderer.hideEdgesOnViewport = many;
  renderer.textureOnViewport = many;
}

function able(cy: Core, region: HTMLElement, box: HTMLElement): Able {
  const fit = (): void => {
    if (cy.elements().empty()) return;
    cy.fit(undefined, 48);
    // A picture of three nodes is not blown up to fill the window.
    if (cy.zoom() > 1.25) {
      cy.zoom(1.25);
      cy.center();
    }
  };
  return {
    fit,
    gather: (ids) => {
      const wanted = ids.reduce((all, id) => all.union(cy.getElementById(id)), cy.collection());
      if (wanted.empty()) return;
      const at = wanted.renderedBoundingBox({ includeLabels: false });
      const margin = 32;
      if (at.w > cy.width() - 2 * margin || at.h > cy.height() - 2 * margin) return fit();
      const over = (low: number, high: number, size: number): number =>
        low < margin ? margin - low : high > size - margin ? size - margin - high : 0;
      cy.panBy({ x: over(at.x1, at.x2, cy.width()), y: over(at.y1, at.y2, cy.height()) });
    },
    zoom: (factor) =>
      void cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }),
    reveal: (id) => {
      const element = cy.getElementById(id);
      if (element.empty()) return;
      const at = element.renderedBoundingBox({ includeLabels: false });
      const margin = 40;
      const dx = at.x1 < margin ? margin - at.x1 : at.x2 > cy.width() - margin ? cy.width() - margin - at.x2 : 0;
      const dy = at.y1 < margin ? margin - at.y1 : at.y2 > cy.height() - margin ? cy.height() - margin - at.y2 : 0;
      if (dx !== 0 || dy !== 0) cy.panBy({ x: dx, y: dy });
    },
    at: (id) => {
      const element = cy.getElementById(id);
      if (element.empty()) return null;
      const at = element.renderedBoundingBox({ includeLabels: false });
      const { left, top } = box.getBoundingClientRect();
      return { x: left + (at.x1 + at.x2) / 2, y: top + (at.y1 + at.y2) / 2 };
    },
    focus: () => region.focus(),
    middle: () => {
      const { x1, y1, w, h } = cy.extent();
      return { x: x1 + w / 2, y: y1 + h / 2 };
    },
    viewport: () => ({ zoom: cy.zoom(), pan: { ...cy.pan() }, width: cy.width() }),
    onViewport: (told) => {
      cy.on("viewport resize", told);
      return () => void cy.removeListener("viewport resize", told);
    },
    cy,
  };
}

function follow(desk: Desk, cy: Core, region: HTMLElement, onOpen: (id: string) => void): void {
  let telling = false;
  cy.on("select unselect", () => {
    if (telling) return;
    telling = true;
    // A box selects many at once; they are told once.
    queueMicrotask(() => {
      telling = false;
      select(desk, cy.elements(":selected").map((element) => element.id()));
    });
  });
  cy.on("tapstart", () => {
    region.focus({ preventScroll: true });
    desk.menu.set(null);
  });
  cy.on("tap", "node, edge", (event: EventObject) => desk.focus.set(event.target.id()));
  cy.on("onetap", "node.more", (event: EventObject) => onOpen(event.target.id()));
  cy.on("dbltap", "node, edge", (event: EventObject) => onOpen(event.target.id()));
  cy.on("cxttap", (event: EventObject) => {
    const on = event.target === cy ? null : event.target.id();
    if (on !== null && !desk.selected.get().has(on)) {
      desk.focus.set(on);
      select(desk, [on]);
    }
    const original = event.originalEvent as MouseEvent;
    desk.menu.set({ x: original.clientX, y: original.clientY });
  });
  dragging(desk, cy);
}

/** Nodes, notes and boxes that are dragged; a box takes along what is in it. */
function dragging(desk: Desk, cy: Core): void {
  let from: Point | null = null;
  let along = new Map<string, Point>();
  const inBox = (id: string): string[] =>
    desk.view.get().nodes.filter((node) => node.group === id).map((node) => node.id);
  cy.on("grab", "node", (event: EventObject) => {
    const node = event.target as NodeSingular;
    from = { ...node.position() };
    along = new Map();
    for (const id of node.hasClass("box") ? inBox(node.id()) : []) {
      const member = cy.getElementById(id);
      if (member.nonempty()) along.set(id, { ...(member as NodeSingular).position() });
    }
  });
  cy.on("drag", "node.box", (event: EventObject) => {
    const at = (event.target as NodeSingular).position();
    for (const [id, start] of along) {
      cy.getElementById(id).position({ x: start.x + at.x - (from?.x ?? 0), y: start.y + at.y - (from?.y ?? 0) });
    }
  });
  cy.on("dragfree", "node", () => queueMicrotask(() => settle(desk, cy)));
}

/** Takes over where the nodes now stand: one drag, one step. */
function settle(desk: Desk, cy: Core): void {
  const picture = pictureOf(desk);
  const { nodes, notes } = desk.view.get();
  const to: Record<string, Point> = {};
  for (const node of nodes) {
    const drawn = cy.getElementById(node.id);
    if (drawn.empty()) continue;
    const at = drawn.position();
    const [dx, dy] = [Math.round(at.x) - node.x, Math.round(at.y) - node.y];
    if (dx === 0 && dy === 0) continue;
    // A node that stands for several takes them all along.
    for (const id of node.members) {
      const member = picture.nodes[id];
      if (member !== undefined) to[id] = { x: member.x + dx, y: member.y + dy };
    }
  }
  const written = notes.flatMap((note) => {
    const drawn = cy.getElementById(note.id);
    const own = picture.notes[note.id];
    if (drawn.empty() || own === undefined) return [];
    const at = drawn.position();
    const [dx, dy] = [Math.round(at.x - note.x), Math.round(at.y - note.y)];
    // What a note hangs on has taken it along already.
    const carried = own.on !== null && "node" in own.on && Object.hasOwn(to, own.on.node);
    if (carried || (dx === 0 && dy === 0)) return [];
    return [editNote(picture, note.id, { x: own.x + dx, y: own.y + dy })];
  });
  const operation = together("move", [move(picture, to), ...written]);
  if (operation.changes.length > 0) commit(desk, operation);
}
