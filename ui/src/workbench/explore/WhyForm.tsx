import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { navigate, to } from "../router";
import { t } from "../texts";

/** Asks why two addresses are one party. */
export function Why({ a, b }: { a: string; b: string }): JSX.Element {
  const [first, setFirst] = useState(a);
  const [second, setSecond] = useState(b);
  return (
    <form
      class="why-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (first.trim() !== "" && second.trim() !== "") navigate(to("/why", {}, { a: first.trim(), b: second.trim() }));
      }}
    >
      <TextField label={t("explore.why.first")} value={first} onInput={setFirst} code required />
      <TextField label={t("explore.why.second")} value={second} onInput={setSecond} code required />
      <Button type="submit" primary>{t("explore.why.ask")}</Button>
    </form>
  );
}
