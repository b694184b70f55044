/** What stands above the page while the server is not there. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { connection, tryNow } from "./connection";
import { Button } from "./parts/Button";
import { TextField } from "./parts/Field";
import { Notice } from "./parts/Notice";
import { useStore } from "./store";
import { t } from "./texts";
import { keepToken, tokenIn } from "./token";

export function Banner(): JSX.Element | null {
  const state = useStore(connection);
  if (state === "there") return null;
  return (
    <div class="banner">
      {state === "gone" ? (
        <Notice kind="warning" title={t("shell.gone.title")} again={() => void tryNow()}>
          {t("shell.gone.text")}
        </Notice>
      ) : (
        <Notice kind="warning" title={t("shell.new_launch.title")}>
          <p>{t("shell.new_launch.text")}</p>
          <TokenForm />
        </Notice>
      )}
    </div>
  );
}

/** Takes the address that the server printed. */
export function TokenForm(): JSX.Element {
  const [given, setGiven] = useState("");
  const [wrong, setWrong] = useState(false);
  return (
    <form
      class="token-form"
      onSubmit={(event) => {
        event.preventDefault();
        const found = tokenIn(given) ?? /^[A-Za-z0-9_-]{16,}$/.exec(given.trim())?.[0] ?? null;
        setWrong(found === null);
        if (found !== null) keepToken(found);
      }}
    >
      <TextField
        code
        label={t("shell.token.address")}
        value={given}
        onInput={setGiven}
        error={wrong ? t("shell.token.wrong") : null}
      />
      <Button primary type="submit">{t("shell.token.open")}</Button>
    </form>
  );
}
