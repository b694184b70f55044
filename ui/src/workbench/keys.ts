/** The keys of every page, in one list, and what they do on the page that is open. */

import { useEffect, useRef } from "preact/hooks";

export interface KeyEntry {
  /** Names the action to `useKeys`. */
  id: string;
  /** "Ctrl+Z", "g c" (one after the other), "?", "Shift+ArrowLeft"; several with " | " between. */
  keys: string;
  /** Key of the text that says what it does. */
  text: string;
}

export interface KeyArea {
  area: string;
  /** Key of the area's name. */
  title: string;
  entries: readonly KeyEntry[];
}

/** Every file of keys/ adds an area; its default export is a KeyArea. */
const FILES = import.meta.glob<{ default: KeyArea }>("./keys/*.ts", { eager: true });

export const KEY_AREAS: readonly KeyArea[] = Object.values(FILES)
  .map((file) => file.default)
  .sort((a, b) => (a.area < b.area ? -1 : 1));

/** Runs the handlers of an area while the component is there. They get the event. */
export function useKeys(area: string, handlers: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    const entries = KEY_AREAS.find((each) => each.area === area)?.entries ?? [];
    let before = "";
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const pressed = nameOf(event);
      if (pressed === "" || (isTyping(event.target) && !pressed.includes("Ctrl+"))) return;
      const both = `${before} ${pressed}`;
      before = pressed;
      setTimeout(() => {
        if (before === pressed) before = "";
      }, 1500);
      for (const entry of entries) {
        const ways = entry.keys.split(" | ");
        if (!ways.includes(both) && !ways.includes(pressed)) continue;
        const handler = latest.current[entry.id];
        if (handler === undefined) continue;
        event.preventDefault();
        before = "";
        handler(event);
        return;
      }
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [area]);
}

/** The name of a pressed key: "Ctrl+Shift+Z", "?", "ArrowLeft". The Mac's Command counts as Ctrl. */
export function nameOf(event: KeyboardEvent): string {
  const { key } = event;
  if (["Control", "Shift", "Alt", "Meta"].includes(key)) return "";
  const letter = /^[a-z]$/i.test(key);
  const word = key.length > 1 || letter;
  const ctrl = event.ctrlKey || event.metaKey;
  const parts = [ctrl && "Ctrl", event.altKey && "Alt", word && event.shiftKey && "Shift"].filter(Boolean);
  const plain = key === " " ? "Space" : letter ? (ctrl || event.shiftKey ? key.toUpperCase() : key.toLowerCase()) : key;
  return [...parts, plain].join("+");
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type);
}
