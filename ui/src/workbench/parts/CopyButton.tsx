import type { JSX } from "preact";
import { t } from "../texts";
import { Button } from "./Button";
import { copyText } from "./copy";

/** Copies `text`; `what` says what it is, as in "Copy the txid". */
export function CopyButton({ text, what }: { text: string; what?: string }): JSX.Element {
  const label = what === undefined ? t("shell.copy") : t("shell.copy_what", { what });
  return <Button class="button-copy" quiet small icon="copy" label={label} onClick={() => copyText(text)} />;
}
