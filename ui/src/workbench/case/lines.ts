import { visible } from "../../shared/text";

/** Lines stay lines; what cannot be seen within one is shown. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visible).join("\n");
}
