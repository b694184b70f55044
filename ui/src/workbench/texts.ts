/** Every visible text, by key, in the chosen language. */

import { formatCount } from "../shared/money";
import type { Language } from "./settings";
import { makeStore } from "./store";

type Catalogue = Record<string, string>;
export type Values = Record<string, string | number | bigint>;

let texts: Catalogue = {};

/** The language of the texts at hand; changes once a catalogue has loaded. */
export const spoken = makeStore<Language | null>(null);

/** Loads the catalogue of a language and turns to it. */
export async function speak(language: Language): Promise<void> {
  const catalogue =
    language === "es" ? await import("virtual:texts/es") : await import("virtual:texts/en");
  texts = catalogue.default;
  document.documentElement.lang = language;
  spoken.set(language);
}

/** The text of a key, with what stands in braces filled in; numbers with their thousands apart. */
export function t(key: string, values: Values = {}): string {
  const text = texts[key];
  // A key without a text shows itself: a page with a gap is found sooner than one with none.
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return whole;
    return typeof value === "string" ? value : number(value);
  });
}

/** The text of `key_one` or `key_many`, by the count, which fills {count}. */
export function tn(key: string, count: number | bigint, values: Values = {}): string {
  return t(Number(count) === 1 ? `${key}_one` : `${key}_many`, { count, ...values });
}

/** The text of a key if there is one, else `otherwise`: for words that come from data. */
export function tOr(key: string, otherwise: string): string {
  return texts[key] ?? otherwise;
}

function number(value: number | bigint): string {
  return typeof value === "bigint" || Number.isInteger(value) ? formatCount(value) : String(value);
}
