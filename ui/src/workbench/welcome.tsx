/** What a visitor sees who did not come by the printed address. */

import type { JSX } from "preact";
import { TokenForm } from "./banner";
import { Page } from "./parts/Page";
import { t } from "./texts";

export function NoToken(): JSX.Element {
  return (
    <Page title={t("shell.token.title")}>
      <p>{t("shell.token.why")}</p>
      <p>{t("shell.token.again")}</p>
      <pre class="code">peelchain serve --store STORE --cases FOLDER</pre>
      <TokenForm />
    </Page>
  );
}
