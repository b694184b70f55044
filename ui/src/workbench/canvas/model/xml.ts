/** XML text: well formed whatever stands in it. */

export type Attributes = Record<string, string | number>;

/** Children that were written by `element` already, so that they are not escaped again. */
type Child = string;

const TEXTUAL = new Set(["text", "title", "desc"]);

/** An element. Those that hold text escape it; the others hold elements alone. */
export function element(name: string, attributes: Attributes, children: readonly Child[] = []): string {
  const told = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? num(value) : value)}"`)
    .join("");
  if (children.length === 0) return `<${name}${told}/>`;
  const inner = TEXTUAL.has(name) ? children.map(escaped).join("") : children.join("");
  return `<${name}${told}>${inner}</${name}>`;
}

/** A number with at most two digits after the point: the same text on every machine. */
export function num(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

/** The text with what XML reads as its own written out, and without what XML cannot hold. */
export function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/\r/g, "&#13;");
}
