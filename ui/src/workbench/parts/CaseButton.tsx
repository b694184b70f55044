import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../announce";
import { asRefusal, post, type Refusal } from "../api";
import { Refused } from "../load";
import { choose, useSettings } from "../settings";
import { status } from "../status";
import { useStore } from "../store";
import { t } from "../texts";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { SelectField, TextField } from "./Field";

export interface CaseItem {
  kind: "tx" | "address" | "cluster" | "service" | "block" | "outpoint" | "tag" | "file" | "other";
  /** txid, address, outpoint "txid:vout", name of the party … */
  name: string;
}

/** Adds what the page shows to a case, as an exhibit with a line of why. */
export function CaseButton({ item, small }: { item: CaseItem; small?: boolean }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon="case" small={small ?? false} popup="dialog" onClick={() => setOpen(true)}>
        {t("shell.case.add")}
      </Button>
      {open && <AddDialog item={item} onClose={() => setOpen(false)} />}
    </>
  );
}

function AddDialog({ item, onClose }: { item: CaseItem; onClose: () => void }): JSX.Element {
  const cases = useStore(status)?.cases ?? [];
  const { currentCase } = useSettings();
  const [name, setName] = useState(cases.includes(currentCase ?? "") ? (currentCase ?? "") : (cases[0] ?? ""));
  const [why, setWhy] = useState("");
  const [error, setError] = useState<Refusal | null>(null);
  const add = async (): Promise<void> => {
    try {
      await post(`/api/cases/${encodeURIComponent(name)}/exhibits`, { item, text: why });
      choose({ currentCase: name });
      announce(t("shell.case.added", { case: name }));
      onClose();
    } catch (caught) {
      setError(asRefusal(caught));
    }
  };
  return (
    <Dialog
      title={t("shell.case.add")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button primary disabled={name === ""} onClick={add}>{t("shell.case.add")}</Button>
        </>
      }
    >
      {error !== null && <Refused error={error} />}
      {cases.length === 0 ? (
        <p>{t("shell.case.none")}</p>
      ) : (
        <SelectField
          label={t("shell.case.which")}
          value={name}
          onChange={setName}
          choices={cases.map((each) => ({ value: each, label: each }))}
        />
      )}
      <TextField label={t("shell.case.why")} rows={3} value={why} onInput={setWhy} />
    </Dialog>
  );
}
