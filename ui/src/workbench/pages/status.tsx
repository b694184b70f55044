import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { Loaded, useGet } from "../load";
import { Hash } from "../parts/Hash";
import { Facts, Page } from "../parts/Page";
import type { Status as StatusAnswer } from "../status";
import { t } from "../texts";

export default function Status() {
  const asked = useGet<StatusAnswer>("/api/status");
  return (
    <Page title={t("shell.status.title")}>
      <Loaded of={asked}>
        {(known) => (
          <Facts
            of={[
              { name: t("shell.status.network"), value: known.network },
              { name: t("shell.status.tip"), value: formatCount(known.tip_height) },
              { name: t("shell.status.hash"), value: <Hash text={known.tip_hash} full copy /> },
              { name: t("shell.status.store"), value: <bdi class="code">{visible(known.store)}</bdi> },
              { name: t("shell.status.version"), value: known.version },
              { name: t("shell.status.currencies"), value: known.currencies.join(", ") || t("shell.status.none") },
              { name: t("shell.status.cases"), value: formatCount(known.cases.length) },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}
