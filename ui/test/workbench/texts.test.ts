import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalogue, LANGUAGES } from "../../build/catalogue.ts";
import { speak, t, tn } from "../../src/workbench/texts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const SOURCE = join(ROOT, "ui", "src", "workbench");
const catalogues = Object.fromEntries(LANGUAGES.map((l) => [l, catalogue(ROOT, l)]));
const english = catalogues["en"] ?? {};

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return files(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}

const sources = files(SOURCE).map((path) => readFileSync(path, "utf8"));
const all = sources.join("\n");

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? "").sort();
}

test("every language has the same keys, and the same words in braces", () => {
  for (const language of LANGUAGES) {
    const other = catalogues[language] ?? {};
    expect(Object.keys(other).sort(), language).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      const same = new Set(placeholders(other[key] ?? ""));
      expect([...same].sort(), `${key} in ${language}`).toEqual([...new Set(placeholders(text))].sort());
    }
  }
});

test("no text is empty", () => {
  for (const language of LANGUAGES) {
    const empty = Object.entries(catalogues[language] ?? {}).filter(([, text]) => text.trim() === "");
    expect(empty).toEqual([]);
  }
});

test("every key that the source asks for is there", () => {
  const missing = new Set<string>();
  for (const [, name, key] of all.matchAll(/\b(t|tn|tOr)\(\s*"([\w.]+)"/g)) {
    if (key === undefined || name === "tOr") continue;
    const wanted = name === "tn" ? [`${key}_one`, `${key}_many`] : [key];
    for (const each of wanted) if (!(each in english)) missing.add(each);
  }
  for (const [, start] of all.matchAll(/\b(?:t|tn|tOr)\(\s*`([\w.]+)\$\{/g)) {
    if (!Object.keys(english).some((key) => key.startsWith(start ?? ""))) missing.add(`${start}…`);
  }
  expect([...missing]).toEqual([]);
});

test("every key is asked for somewhere", () => {
  const named = new Set([...all.matchAll(/"([\w]+(?:\.[\w-]+)+)"/g)].map((m) => m[1] ?? ""));
  const starts = [...all.matchAll(/`([\w]+\.[\w.]*)\$\{/g)].map((m) => m[1] ?? "");
  const unused = Object.keys(english).filter((key) => {
    if (key.startsWith("report.")) return false;
    const stem = key.replace(/_(one|many)$/, "");
    return !named.has(key) && !named.has(stem) && !starts.some((start) => key.startsWith(start));
  });
  expect(unused).toEqual([]);
});

test("no text stands in the source outside the catalogue", () => {
  // What a component shows between its tags: two words or more would be a sentence of its own.
  const found = sources.flatMap((text) =>
    [...text.matchAll(/<(?:p|h[1-6]|li|td|th|strong|label|legend|button|Button|option|summary|dt)\b[^<>{}]*>\s*([A-Za-z]{2,}(?: [\w,.]+)+)\s*</g)].map((m) => m[1]),
  );
  expect(found).toEqual([]);
});

test("values are filled in, numbers with their thousands apart, and text is not filled in twice", async () => {
  await speak("en");
  expect(t("shell.table.filtered", { shown: 1234, here: 5000000 })).toBe("1,234 of 5,000,000 rows");
  expect(t("shell.tag_by", { source: "{source}" })).toBe("Asserted by {source}");
  expect(tn("shell.table.rows", 1)).toBe("1 row");
  expect(tn("shell.table.rows", 2000)).toBe("2,000 rows");
});

test("the other language says the same otherwise", async () => {
  await speak("es");
  expect(tn("shell.table.rows", 2)).toBe("2 filas");
  await speak("en");
});
