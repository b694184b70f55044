/** What a statement is about, by its name, and the page that shows it. */

import { to } from "../router";

export type ReferenceKind =
  | "finding" | "party" | "entry" | "hypothesis" | "exhibit" | "tx" | "outpoint" | "address";

const FORMS: readonly [RegExp, ReferenceKind][] = [
  [/^[RIO][1-9]\d{0,8}$/, "finding"],
  [/^(S[1-9]\d{0,8}|subject)$/, "party"],
  [/^#[1-9]\d{0,8}$/, "entry"],
  [/^H[1-9]\d{0,8}$/, "hypothesis"],
  [/^E[1-9]\d{0,8}$/, "exhibit"],
  [/^[0-9a-f]{64}$/, "tx"],
  [/^[0-9a-f]{64}:\d+$/, "outpoint"],
  [/^([13mn2][1-9A-HJ-NP-Za-km-z]{24,34}|(bc|tb|bcrt)1[02-9ac-hj-np-z]{6,87})$/i, "address"],
];

/** The kind of a reference; null for a text that is none. */
export function kindOf(text: string): ReferenceKind | null {
  return FORMS.find(([form]) => form.test(text))?.[1] ?? null;
}

/** The page that shows what a reference of a case names; null where none does. */
export function pageOf(text: string, name: string): string | null {
  const here = { case: name };
  switch (kindOf(text)) {
    case "finding":
      return to("/case/:case/report", here, { finding: text });
    case "party":
      return to("/case/:case/report", here, text === "subject" ? {} : { party: text });
    case "entry":
      return to("/case/:case/journal", here, { entry: text.slice(1) });
    case "hypothesis":
      return to("/case/:case/notes", here, { h: text });
    case "exhibit":
      return to("/case/:case/exhibits", here, { e: text });
    case "tx":
      return to("/tx/:txid", { txid: text });
    case "outpoint": {
      const [txid = "", vout = ""] = text.split(":");
      return to("/tx/:txid", { txid }, { vout });
    }
    case "address":
      return to("/address/:address", { address: text });
    case null:
      return null;
  }
}

/** The name by which people call what an exhibit or a note refers to, of the journal's own form. */
export function nameOfReference(of: Record<string, unknown>): string {
  if (of.type === "entry") return `#${String(of.seq)}`;
  return String(of.txid ?? of.outpoint ?? of.address ?? of.id ?? "");
}
