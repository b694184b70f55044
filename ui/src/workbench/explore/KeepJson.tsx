import type { JSX } from "preact";
import { saveBlob } from "../files";
import { writeJson } from "../json";
import { Button } from "../parts/Button";
import { CaseButton } from "../parts/CaseButton";
import { t } from "../texts";

/**
 * Keeps what a page shows as a file: beside the case as an exhibit, or saved. For what a journal
 * cannot name by itself, such as a certificate.
 */
export function KeepJson({ name, answer, why }: { name: string; answer: unknown; why: string }): JSX.Element {
  const file = `${name.replace(/[^\w.-]+/g, "_").slice(0, 80)}.json`;
  const text = (): string => `${writeJson(answer)}\n`;
  return (
    <>
      <Button icon="download" onClick={() => saveBlob(new Blob([text()], { type: "application/json" }), file)}>
        {t("explore.proof.save")}
      </Button>
      <CaseButton content={() => ({ name: file, text: text() })} why={why} />
    </>
  );
}
