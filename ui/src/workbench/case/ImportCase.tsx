import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../announce";
import { upload } from "../files";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { FileField, TextField } from "../parts/Field";
import { navigate, to } from "../router";
import { refreshStatus } from "../status";
import { t } from "../texts";
import { api, nameOf } from "./address";
import { useAction } from "./useAction";
import { useWork } from "./useWork";
import { WorkBox } from "./WorkBox";

/** Takes in a case that was exported elsewhere. */
export function ImportCase({ onClose, taken }: { onClose: () => void; taken: readonly string[] }): JSX.Element {
  const [file, setFile] = useState<File | null>(null);
  const [named, setNamed] = useState<string | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const { refusal, act } = useAction();
  const work = useWork<{ entries: number }>();
  const name = named ?? nameOf((file?.name ?? "").replace(/\.zip$/i, ""));
  const clash = taken.includes(name);
  const take = (): Promise<boolean> =>
    act(async () => {
      if (file === null) return;
      const sent = await upload(file, setShare);
      setShare(null);
      const answer = await work.start(api(name, "/import"), { upload: sent.upload });
      if (answer === null) return;
      await refreshStatus();
      announce(t("case.import.done", { case: name, count: answer.entries }));
      navigate(to("/case/:case", { case: name }));
    });
  return (
    <Dialog
      title={t("case.import.title")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button primary disabled={file === null || name === "" || clash} onClick={take}>{t("case.import.take")}</Button>
        </>
      }
    >
      <p class="quiet">{t("case.import.lead")}</p>
      {refusal !== null && <Refused error={refusal} />}
      {share !== null && <progress max={1} value={share} aria-label={t("case.sending")} />}
      <WorkBox work={work} label={t("case.import.title")} />
      <FileField label={t("case.import.file")} accept=".zip" onFile={setFile} required />
      <TextField
        label={t("case.new.name")}
        value={name}
        onInput={setNamed}
        maxLength={100}
        required
        error={clash ? t("case.new.taken", { case: name }) : null}
      />
    </Dialog>
  );
}
