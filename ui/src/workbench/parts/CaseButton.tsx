import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { asRefusal, post, type Refusal } from "../api";
import { Refused } from "../load";
import { Link, place, to } from "../router";
import { choose, useSettings } from "../settings";
import { status } from "../status";
import { useStore } from "../store";
import { t } from "../texts";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { SelectField, TextField } from "./Field";

/** What a page shows, by its name: txid, address, outpoint "txid:vout", address that names a cluster. */
export interface CaseItem {
  kind: "tx" | "address" | "cluster" | "outpoint" | "service" | "block" | "tag" | "file" | "other";
  name: string;
}

/** A file that the page made, such as a drawing. */
export interface CaseContent {
  name: string;
  text: string;
}

export interface CaseButtonProps {
  item?: CaseItem;
  /** Made when the button is pressed. */
  content?: () => CaseContent | Promise<CaseContent>;
  /** What the exhibit is, in a line; the user can write another. */
  why?: string;
  small?: boolean;
}

/**
 * Makes an exhibit of what is shown: one click where there is a current case, and beside it the way
 * to another case and to words of one's own.
 */
export function CaseButton(props: CaseButtonProps): JSX.Element {
  const { small = false } = props;
  const cases = useStore(status)?.cases ?? [];
  const { currentCase } = useSettings();
  const current = currentCase !== null && cases.includes(currentCase) ? currentCase : null;
  const [asking, setAsking] = useState<Refusal | true | null>(null);
  const [added, setAdded] = useState<string | null>(null);
  const add = async (name: string, why: string): Promise<void> => {
    const what = props.content ? { content: await props.content() } : { item: props.item };
    await post(`/api/cases/${encodeURIComponent(name)}/exhibits`, { ...what, text: why });
    choose({ currentCase: name });
    announce(t("shell.case.added", { case: name }));
    setAdded(name);
    setAsking(null);
  };
  const first = async (): Promise<void> => {
    if (current === null) {
      setAsking(true);
      return;
    }
    try {
      await add(current, props.why ?? seen());
    } catch (error) {
      setAsking(asRefusal(error));
    }
  };
  return (
    <span class="case-button">
      <Button
        icon={added === null ? "case" : "ok"}
        small={small}
        onClick={first}
        {...(current !== null && added === null && { label: t("shell.case.add_to", { case: visible(current) }) })}
      >
        {added === null ? t("shell.case.add") : t("shell.case.is_in")}
      </Button>
      {current !== null && (
        <Button icon="more" small={small} popup="dialog" label={t("shell.case.other")} onClick={() => setAsking(true)} />
      )}
      {added !== null && (
        <Link class="case-button-way" to={to("/case/:case/exhibits", { case: added })}>{t("shell.case.exhibits")}</Link>
      )}
      {asking !== null && (
        <AddDialog
          cases={cases}
          name={current ?? cases[0] ?? ""}
          why={props.why ?? seen()}
          refusal={asking === true ? null : asking}
          onAdd={add}
          onClose={() => setAsking(null)}
        />
      )}
    </span>
  );
}

/** "Seen at /tx/ab…": the least that an exhibit says of itself. */
function seen(): string {
  const { path, search } = place.get();
  return t("shell.case.seen", { page: path + search });
}

function AddDialog(props: {
  cases: readonly string[];
  name: string;
  why: string;
  refusal: Refusal | null;
  onAdd: (name: string, why: string) => Promise<void>;
  onClose: () => void;
}): JSX.Element {
  const [name, setName] = useState(props.name);
  const [why, setWhy] = useState(props.why);
  const [error, setError] = useState(props.refusal);
  const add = (): Promise<void> =>
    props.onAdd(name, why).catch((caught: unknown) => setError(asRefusal(caught)));
  return (
    <Dialog
      title={t("shell.case.add")}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t("shell.cancel")}</Button>
          <Button primary disabled={name === "" || why.trim() === ""} onClick={add}>{t("shell.case.add")}</Button>
        </>
      }
    >
      {error !== null && <Refused error={error} />}
      {props.cases.length === 0 ? (
        <p>{t("shell.case.none")}</p>
      ) : (
        <SelectField
          label={t("shell.case.which")}
          value={name}
          onChange={setName}
          choices={props.cases.map((each) => ({ value: each, label: visible(each) }))}
        />
      )}
      <TextField required label={t("shell.case.why")} rows={3} value={why} onInput={setWhy} />
    </Dialog>
  );
}
