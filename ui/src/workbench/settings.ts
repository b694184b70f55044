/** What this browser's user chose, kept in this browser alone. */

import { makeStore, useStore } from "./store";

export type Language = "en" | "es";
export type Theme = "auto" | "light" | "dark";

export interface Settings {
  language: Language;
  theme: Theme;
  /** "BTC" or a currency such as "EUR". */
  unit: string;
  /** The case that "add to case" adds to. */
  currentCase: string | null;
}

const KEY = "peelchain.settings";

export const settings = makeStore<Settings>(stored());

export function choose(changed: Partial<Settings>): void {
  const next = { ...settings.get(), ...changed };
  settings.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // A browser that keeps nothing has the choice until the page is closed.
  }
}

export function useSettings(): Settings {
  return useStore(settings);
}

/** "light" or "dark", as chosen or as the system has it. */
export function shownTheme(): "light" | "dark" {
  const { theme } = settings.get();
  if (theme !== "auto") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function stored(): Settings {
  let read: Partial<Settings> = {};
  try {
    read = (JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {}) as Partial<Settings>;
  } catch {
    // What cannot be read is chosen anew.
  }
  const language = read.language ?? (navigator.language.startsWith("es") ? "es" : "en");
  return {
    language: language === "es" ? "es" : "en",
    theme: read.theme === "light" || read.theme === "dark" ? read.theme : "auto",
    unit: typeof read.unit === "string" && /^[A-Z]{3}$/.test(read.unit) ? read.unit : "BTC",
    currentCase: typeof read.currentCase === "string" ? read.currentCase : null,
  };
}
