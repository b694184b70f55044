import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../announce";
import { post } from "../api";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { SelectField, TextField } from "../parts/Field";
import { navigate, to } from "../router";
import { choose, useSettings } from "../settings";
import { refreshStatus } from "../status";
import { t } from "../texts";
import { api, nameOf, seedsOf } from "./address";
import { SeedsField, usable, useSeedCheck } from "./Seeds";
import { useAction } from "./useAction";
import { useWork } from "./useWork";
import { WorkBox } from "./WorkBox";

/** Opens a case with pasted seeds: alone, or with its run, report and bundle at once. */
export function NewCase({ onClose, taken }: { onClose: () => void; taken: readonly string[] }): JSX.Element {
  const { language: spoken } = useSettings();
  const [title, setTitle] = useState("");
  const [named, setNamed] = useState<string | null>(null);
  const [subject, setSubject] = useState("");
  const [text, setText] = useState("");
  const [language, setLanguage] = useState<string>(spoken);
  const { refusal, act } = useAction();
  const work = useWork<unknown>();
  const seeds = seedsOf(text);
  const { told } = useSeedCheck(seeds);
  const name = named ?? nameOf(title);
  const clash = taken.includes(name);
  const ready = name !== "" && !clash && usable(seeds, told);
  const asked = { case: name, title, subject: subject.trim() || title.trim() || name, seeds };

  const opened = async (): Promise<void> => {
    choose({ currentCase: name });
    await refreshStatus();
    announce(t("case.new.opened", { case: name }));
    navigate(to("/case/:case", { case: name }));
  };
  const open = (): Promise<boolean> =>
    act(async () => {
      await post("/api/cases", asked);
      await opened();
    });
  const investigate = async (): Promise<void> => {
    const answer = await work.start(api(name, "/investigate"), { ...asked, language });
    if (answer !== null) await opened();
  };
  return (
    <Dialog
      title={t("case.new.title")}
      wide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button disabled={!ready || work.busy} onClick={open}>{t("case.new.open")}</Button>
          <Button primary disabled={!ready || seeds.length === 0 || work.busy} onClick={investigate}>
            {t("case.new.investigate")}
          </Button>
        </>
      }
    >
      <p class="quiet">{t("case.new.lead")}</p>
      {refusal !== null && <Refused error={refusal} />}
      <WorkBox work={work} label={t("case.new.working")} />
      <div class="fields">
        <TextField label={t("case.new.case_title")} value={title} onInput={setTitle} maxLength={400} autoFocus />
        <TextField
          label={t("case.new.name")}
          hint={t("case.new.name_hint")}
          value={name}
          onInput={setNamed}
          maxLength={100}
          required
          error={clash ? t("case.new.taken", { case: name }) : null}
        />
        <TextField label={t("case.new.subject")} hint={t("case.new.subject_hint")} value={subject} onInput={setSubject} maxLength={400} />
        <SelectField
          label={t("case.report.language")}
          value={language}
          onChange={setLanguage}
          choices={[{ value: "en", label: "English" }, { value: "es", label: "Español" }]}
        />
      </div>
      <SeedsField text={text} onInput={setText} told={told} />
    </Dialog>
  );
}
