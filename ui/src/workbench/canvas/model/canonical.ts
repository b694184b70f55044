/** The one text of a value: keys sorted, no spaces. Equal pictures are equal bytes. */

import type { Picture } from "./picture";

/** The JSON of a value with its keys in the order of code units; bigints as whole numbers.
 *
 * Throws for numbers that JSON cannot say. A field that is undefined is left out.
 */
export function canonical(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "bigint":
      return String(value);
    case "number":
      if (!Number.isFinite(value)) throw new Error(`JSON cannot say the number ${value}`);
      return JSON.stringify(value);
    case "object": {
      if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
      const fields = value as Record<string, unknown>;
      const told = Object.keys(fields)
        .filter((key) => fields[key] !== undefined)
        .sort()
        .map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`);
      return `{${told.join(",")}}`;
    }
    default:
      return JSON.stringify(value) ?? "null";
  }
}

/** The text under which a picture is stored. */
export function canonicalOf(picture: Picture): string {
  return canonical(picture);
}

/** True where two values have the same canonical text. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || canonical(a) === canonical(b);
}
