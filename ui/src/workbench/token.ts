/** The token of this launch of the server, taken from the address that it printed. */

import { makeStore } from "./store";

const KEY = "peelchain.token";

export const token = makeStore<string | null>(null);

/** Takes the token out of the address (so that it is not in the history) or from an earlier visit. */
export function findToken(): void {
  const found = tokenIn(location.hash);
  if (found !== null) {
    keepToken(found);
    history.replaceState(history.state, "", location.pathname + location.search);
  } else {
    token.set(stored());
  }
  // Another tab was opened with the address of a new launch.
  addEventListener("storage", (event) => {
    if (event.key === KEY) token.set(event.newValue);
  });
  addEventListener("hashchange", () => {
    const given = tokenIn(location.hash);
    if (given === null) return;
    keepToken(given);
    history.replaceState(history.state, "", location.pathname + location.search);
  });
}

/** The token in a printed address, or in what was pasted of it; null where there is none. */
export function tokenIn(text: string): string | null {
  return /(?:^|[#&])token=([A-Za-z0-9_~.-]+)/.exec(text.trim())?.[1] ?? null;
}

export function keepToken(value: string): void {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // A browser that keeps nothing still works until the page is closed.
  }
  token.set(value);
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
