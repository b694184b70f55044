/** The texts of the page, read from the TOML files that translators edit. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";

export const LANGUAGES = ["en", "es"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The tables of the report's own catalogue that the page takes its words from, as `report.*`. */
export const OF_REPORT = [
  "alternative",
  "alternative_meaning",
  "basis",
  "element",
  "kind",
  "measured",
  "measured_on",
  "near",
  "outcome",
  "period",
  "rule",
  "terminal",
  "terminal_meaning",
] as const;

/** Every file that makes up the catalogue of a language. */
export function catalogueFiles(root: string, language: Language): string[] {
  const folder = join(root, "ui", "texts", language);
  const areas = readdirSync(folder)
    .filter((name) => name.endsWith(".toml"))
    .sort();
  return [...areas.map((name) => join(folder, name)), reportFile(root, language)];
}

/** The texts of a language by key: "area.table.key". Throws for a value that is not a text. */
export function catalogue(root: string, language: Language): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const file of catalogueFiles(root, language)) {
    const read = parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    if (file === reportFile(root, language)) {
      for (const table of OF_REPORT) flatten(`report.${table}`, read[table] ?? {}, texts);
    } else {
      const area = file.replace(/^.*[\\/]/, "").replace(/\.toml$/, "");
      flatten(area, read, texts);
    }
  }
  return texts;
}

function reportFile(root: string, language: Language): string {
  return join(root, "src", "peelchain", "case", "report", `${language}.toml`);
}

function flatten(prefix: string, value: unknown, into: Record<string, string>): void {
  if (typeof value === "string") {
    into[prefix] = value;
  } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(`${prefix}.${key}`, inner, into);
  } else {
    throw new Error(`${prefix} is not a text`);
  }
}
