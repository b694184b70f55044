import type { JSX } from "preact";
import { t, tOr } from "../texts";

export type BasisKind = "fact" | "inference" | "assertion" | "scan";

/** The dashes of each kind's line, the same in tables, figures, canvas and report. */
export const DASHES: Record<BasisKind, string> = {
  fact: "",
  inference: "6 3",
  assertion: "1.5 3",
  scan: "6 3 1.5 3",
};

/** What kind of statement something is: a line in the kind's own style and its word. */
export function Basis({ of, rule }: { of: string; rule?: string | null }): JSX.Element {
  const dash = DASHES[of as BasisKind] ?? "";
  return (
    <span class={`basis basis-${of}`} title={basisMeaning(of)}>
      <svg class="basis-line" viewBox="0 0 24 8" width="24" height="8" aria-hidden="true">
        <line x1="1" y1="4" x2="23" y2="4" stroke-dasharray={dash} />
      </svg>
      {tOr(`report.basis.${of}`, of)}
      {rule != null && <span class="quiet"> · {rule}</span>}
    </span>
  );
}

/** What the kind means, in a sentence. */
export function basisMeaning(of: string): string {
  switch (of) {
    case "fact":
      return t("shell.basis.fact");
    case "inference":
      return t("shell.basis.inference");
    case "assertion":
      return t("shell.basis.assertion");
    default:
      return t("shell.basis.scan");
  }
}
