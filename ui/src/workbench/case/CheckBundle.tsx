import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { upload } from "../files";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { FileField, TextField } from "../parts/Field";
import { t } from "../texts";
import type { Verified } from "./types";
import { useAction } from "./useAction";
import { useWork } from "./useWork";
import { Verification } from "./Verification";
import { WorkBox } from "./WorkBox";

/** Checks a bundle that somebody else handed over. */
export function CheckBundle(): JSX.Element {
  const [file, setFile] = useState<File | null>(null);
  const [opening, setOpening] = useState<File | null>(null);
  const [digest, setDigest] = useState("");
  const [share, setShare] = useState<number | null>(null);
  const { refusal, act } = useAction();
  const work = useWork<Verified>();
  const expect = digest.trim().toLowerCase();
  const wrong = expect !== "" && !/^[0-9a-f]{64}$/.test(expect);
  const check = (): Promise<boolean> =>
    act(async () => {
      if (file === null) return;
      const sent = await upload(file, setShare);
      const opener = opening === null ? null : await upload(opening);
      setShare(null);
      await work.start("/api/verify", {
        upload: sent.upload,
        opening: opener?.upload ?? null,
        expect: expect === "" ? null : expect,
      });
    });
  return (
    <>
      <div class="fields">
        <FileField label={t("case.verify.file")} accept=".zip" onFile={setFile} />
        <TextField
          label={t("case.verify.expect")}
          hint={t("case.verify.expect_hint")}
          code
          value={digest}
          onInput={setDigest}
          error={wrong ? t("case.verify.expect_wrong") : null}
        />
        <FileField label={t("case.verify.opening")} hint={t("case.verify.opening_hint")} onFile={setOpening} />
      </div>
      <div class="form-actions">
        <Button disabled={file === null || wrong || work.busy} onClick={check}>{t("case.verify.do")}</Button>
      </div>
      {share !== null && <progress max={1} value={share} aria-label={t("case.sending")} />}
      {refusal !== null && <Refused error={refusal} />}
      <WorkBox work={work} label={t("shell.verb.case.verify")} />
      {work.answer !== null && <Verification of={work.answer} />}
    </>
  );
}
