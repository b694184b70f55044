/** Keys of the canvas: those of a single sign count only while the drawing has the focus. */

import { useEffect } from "preact/hooks";
import keys from "../../keys/canvas";
import { nameOf } from "../../keys";
import { perform } from "./actions";
import type { Desk } from "./desk";

const WAYS = new Map(keys.entries.flatMap(({ id, keys: ways }) => ways.split(" | ").map((way) => [way, id] as const)));

/** The keys of an action, as they are pressed. */
export function keysOf(id: string): string[] {
  return keys.entries.find((entry) => entry.id === id)?.keys.split(" | ") ?? [];
}

/** Those that work anywhere on the page: with Ctrl, and where no text is being written. */
const ANYWHERE = new Set(["Ctrl+K", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y", "Ctrl+S", "F1"]);

export function useCanvasKeys(desk: Desk): void {
  useEffect(() => {
    let before = "";
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.isComposing || document.querySelector("dialog[open]") !== null) return;
      const pressed = nameOf(event);
      // "g" begins a way to another page: the next letter is not for the canvas.
      const after = before;
      before = pressed === "" ? before : pressed;
      if (after === "g") return;
      const id = WAYS.get(pressed);
      if (id === undefined) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      const onDrawing = target?.closest(".canvas-region") != null;
      const writing = target?.closest("input, textarea, select, [contenteditable]") != null;
      if (!onDrawing && (writing ? pressed !== "Ctrl+K" && pressed !== "Ctrl+S" : !ANYWHERE.has(pressed))) return;
      event.preventDefault();
      event.stopPropagation();
      void perform(desk, id);
    };
    // Before the shell, which has keys of its own for the same signs.
    addEventListener("keydown", onKeyDown, { capture: true });
    return () => removeEventListener("keydown", onKeyDown, { capture: true });
  }, [desk]);
}
