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

/** Where each is kept: under its own key, so that two tabs do not overwrite each other's. */
const KEYS: Record<keyof Settings, string> = {
  language: "peelchain.language",
  theme: "peelchain.theme",
  unit: "peelchain.unit",
  currentCase: "peelchain.case",
};

export const settings = makeStore<Settings>(stored());

export function choose(changed: Partial<Settings>): void {
  settings.set({ ...settings.get(), ...changed });
  try {
    for (const [name, value] of Object.entries(changed)) {
      const key = KEYS[name as keyof Settings];
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    }
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
  const read = (name: keyof Settings): string | null => {
    try {
      return localStorage.getItem(KEYS[name]);
    } catch {
      return null;
    }
  };
  const language = read("language") ?? (navigator.language.startsWith("es") ? "es" : "en");
  const theme = read("theme");
  const unit = read("unit") ?? "";
  return {
    language: language === "es" ? "es" : "en",
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    unit: /^[A-Z]{3}$/.test(unit) ? unit : "BTC",
    currentCase: read("currentCase"),
  };
}
