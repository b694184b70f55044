/** Where the server answers for a case. */

export function api(name: string, rest = ""): string {
  return `/api/cases/${encodeURIComponent(name)}${rest}`;
}

/** A case's name made of its title: "Pay site / 4711" gives "pay-site-4711". */
export function nameOf(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60).replace(/-+$/, "");
}

/** The seeds of a pasted text: by lines, commas or blanks; comments after "#" left out; each once. */
export function seedsOf(text: string): string[] {
  const found = text.split(/\r?\n/).flatMap((line) => line.replace(/#.*/, "").split(/[\s,;]+/));
  return [...new Set(found.map((seed) => seed.replace(/^["']+|["']+$/g, "")).filter((seed) => seed !== ""))];
}
