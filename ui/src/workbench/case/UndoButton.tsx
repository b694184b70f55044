import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../announce";
import { post } from "../api";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { TextField } from "../parts/Field";
import { t } from "../texts";
import { api } from "./address";
import { useAction } from "./useAction";

/** Takes an entry back, with a reason; what rests on it is named, and stays. */
export function UndoButton(props: { name: string; entry: number; onDone: () => void; resting?: readonly number[] }): JSX.Element {
  const { name, entry, onDone, resting = [] } = props;
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const { refusal, act, forget } = useAction();
  const close = (): void => {
    setOpen(false);
    forget();
  };
  const undo = async (): Promise<void> => {
    const done = await act(async () => {
      const answer = await post<{ resting: number[] }>(api(name, "/undo"), { entry, reason });
      const left = answer.resting.map((each) => `#${each}`).join(", ");
      announce(left === "" ? t("case.undo.done", { entry }) : t("case.undo.done_resting", { entry, resting: left }));
    });
    if (!done) return;
    close();
    onDone();
  };
  return (
    <>
      <Button small icon="undo" popup="dialog" label={t("case.undo.title", { entry })} onClick={() => setOpen(true)} />
      {open && (
        <Dialog
          title={t("case.undo.title", { entry })}
          onClose={close}
          actions={
            <>
              <Button onClick={close}>{t("shell.cancel")}</Button>
              <Button primary disabled={reason.trim() === ""} onClick={undo}>{t("case.undo.do")}</Button>
            </>
          }
        >
          <p>{t("case.undo.lead")}</p>
          {resting.length > 0 && <p>{t("case.undo.resting", { entries: resting.map((each) => `#${each}`).join(", ") })}</p>}
          {refusal !== null && <Refused error={refusal} />}
          <TextField label={t("case.undo.reason")} rows={2} value={reason} onInput={setReason} required autoFocus />
        </Dialog>
      )}
    </>
  );
}
