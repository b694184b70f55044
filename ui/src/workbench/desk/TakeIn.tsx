import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post } from "../api";
import { useAction } from "../case/useAction";
import { upload, type Upload } from "../files";
import { Refused } from "../load";
import { FileField } from "../parts/Field";
import { t } from "../texts";
import type { Preview } from "./types";

export interface Taken {
  sent: Upload;
  preview: Preview;
}

/** A choice of a CSV file, which is sent at once; told with its first rows. */
export function TakeIn({ label, hint, onTaken }: { label: string; hint: string; onTaken: (taken: Taken | null) => void }): JSX.Element {
  const [share, setShare] = useState<number | null>(null);
  const { refusal, act, forget } = useAction();
  const take = async (file: File | null): Promise<void> => {
    forget();
    onTaken(null);
    if (file === null) return;
    await act(async () => {
      const sent = await upload(file, setShare);
      onTaken({ sent, preview: await post<Preview>("/api/uploads/preview", { upload: sent.upload }) });
    });
    setShare(null);
  };
  return (
    <>
      <FileField label={label} hint={hint} accept=".csv,.txt,.tsv,.gz" onFile={(file) => void take(file)} />
      {share !== null && <progress max={1} value={share} aria-label={t("case.sending")} />}
      {refusal !== null && <Refused error={refusal} />}
    </>
  );
}
