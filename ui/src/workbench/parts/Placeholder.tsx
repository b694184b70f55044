import { tOr } from "../texts";
import { Page } from "./Page";
import { Empty } from "./Empty";
import { t } from "../texts";

/** A page that is yet to come. */
export function Placeholder({ name }: { name: string }) {
  return (
    <Page title={tOr(`shell.page.${name}`, name)}>
      <Empty>{t("shell.to_come")}</Empty>
    </Page>
  );
}
