import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { post } from "../api";
import { Loaded, Refused, useGet } from "../load";
import { Button } from "../parts/Button";
import { Facts } from "../parts/Page";
import { SelectField, TextField } from "../parts/Field";
import { Hash } from "../parts/Hash";
import { Icon } from "../parts/Icon";
import { Time } from "../parts/Time";
import { t } from "../texts";
import { api } from "./address";
import { useAction } from "./useAction";

interface Keys {
  key: string | null;
  unlocked: boolean;
  there: string[];
  unsigned: number;
  keys: { signer: string; name: string | null; entry: number; time_utc: string; signed: number }[];
}

/** The key that signs a case's entries: which, whether it is open, and how to set one up. */
export function KeyPart({ name, closed, onChange }: { name: string; closed: boolean; onChange: () => void }): JSX.Element {
  const asked = useGet<Keys>(api(name, "/key"));
  const reload = (): void => {
    asked.reload();
    onChange();
  };
  return <Loaded of={asked}>{(keys) => <Body name={name} of={keys} closed={closed} reload={reload} />}</Loaded>;
}

function Body({ name, of, closed, reload }: { name: string; of: Keys; closed: boolean; reload: () => void }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <>
      {of.keys.length === 0 ? (
        <p class="quiet">{t("case.key.none")}</p>
      ) : (
        <>
          <p>
            <Icon name={of.unlocked ? "ok" : "warning"} />{" "}
            {of.key === null ? t("case.key.elsewhere") : of.unlocked ? t("case.key.open", { key: of.key }) : t("case.key.shut", { key: of.key })}
          </p>
          {of.keys.map((key) => (
            <Facts
              key={key.entry}
              of={[
                { name: t("case.key.signer"), value: <Hash text={key.signer} copy /> },
                { name: t("case.key.whose"), value: <bdi>{visible(key.name ?? "–")}</bdi> },
                { name: t("case.key.since"), value: <><Time utc={key.time_utc} /> (#{key.entry})</> },
                { name: t("case.key.signed"), value: formatCount(key.signed) },
              ]}
            />
          ))}
        </>
      )}
      {!closed && of.key !== null && !of.unlocked && <Unlock name={name} onDone={reload} />}
      {!closed && (
        <>
          <div class="form-actions">
            <Button expanded={open} onClick={() => setOpen(!open)}>{t("case.key.set_up")}</Button>
          </div>
          {open && <SetUp name={name} there={of.there} onDone={reload} />}
        </>
      )}
    </>
  );
}

function Unlock({ name, onDone }: { name: string; onDone: () => void }): JSX.Element {
  const [passphrase, setPassphrase] = useState("");
  const { refusal, act } = useAction();
  const unlock = (): Promise<boolean> =>
    act(async () => {
      await post(api(name, "/key/unlock"), { passphrase });
      setPassphrase("");
      onDone();
    });
  return (
    <form class="adding" onSubmit={(event) => event.preventDefault()}>
      {refusal !== null && <Refused error={refusal} />}
      <TextField label={t("case.key.passphrase")} hint={t("case.key.passphrase_hint")} type="password" value={passphrase} onInput={setPassphrase} />
      <div class="form-actions">
        <Button disabled={passphrase === ""} onClick={unlock}>{t("case.key.unlock")}</Button>
      </div>
    </form>
  );
}

function SetUp({ name, there, onDone }: { name: string; there: readonly string[]; onDone: () => void }): JSX.Element {
  const [key, setKey] = useState("");
  const [fresh, setFresh] = useState("");
  const [whose, setWhose] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const { refusal, act } = useAction();
  const isNew = key === "";
  const differ = isNew && again !== "" && again !== passphrase;
  const ready = passphrase !== "" && (isNew ? fresh.trim() !== "" && again === passphrase : true);
  const use = (): Promise<boolean> =>
    act(async () => {
      await post(api(name, "/key"), { key: isNew ? fresh.trim() : key, new: isNew, name: whose, passphrase });
      setPassphrase("");
      setAgain("");
      announce(t("case.key.used"));
      onDone();
    });
  return (
    <form class="adding" onSubmit={(event) => event.preventDefault()}>
      {refusal !== null && <Refused error={refusal} />}
      <div class="fields">
        {there.length > 0 && (
          <SelectField
            label={t("case.key.which")}
            value={key}
            onChange={setKey}
            choices={[{ value: "", label: t("case.key.new") }, ...there.map((each) => ({ value: each, label: each }))]}
          />
        )}
        {isNew && <TextField label={t("case.key.name")} value={fresh} onInput={setFresh} maxLength={60} />}
        <TextField label={t("case.key.whose")} value={whose} onInput={setWhose} maxLength={400} />
        <TextField label={t("case.key.passphrase")} hint={t("case.key.passphrase_hint")} type="password" value={passphrase} onInput={setPassphrase} />
        {isNew && (
          <TextField label={t("case.key.again")} type="password" value={again} onInput={setAgain} error={differ ? t("case.key.differ") : null} />
        )}
      </div>
      <div class="form-actions">
        <Button disabled={!ready} onClick={use}>{t("case.key.use")}</Button>
      </div>
    </form>
  );
}
