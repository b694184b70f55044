/** What a screen reader says, and a sighted user sees for a moment, when something was done. */

import { makeStore } from "./store";

export const announced = makeStore<{ text: string; at: number }>({ text: "", at: 0 });

export function announce(text: string): void {
  announced.set({ text, at: Date.now() });
}
