import { announce } from "../announce";
import { t } from "../texts";

/** Puts a text on the clipboard and says so. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(t("shell.copied"));
  } catch {
    announce(t("shell.not_copied"));
  }
}
