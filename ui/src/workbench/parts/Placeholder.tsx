import { useRoute } from "../router";
import { t, tOr } from "../texts";
import { CasePage } from "./CasePage";
import { Empty } from "./Empty";
import { Page } from "./Page";

/** A page that is yet to come. */
export function Placeholder({ name }: { name: string }) {
  return (
    <Page title={tOr(`shell.page.${name}`, name)}>
      <Empty>{t("shell.to_come")}</Empty>
    </Page>
  );
}

/** The same for a page of a case. */
export function CasePlaceholder({ name }: { name: string }) {
  const { params } = useRoute();
  return (
    <CasePage name={params["case"] ?? ""} title={tOr(`shell.page.${name}`, name)}>
      <Empty>{t("shell.to_come")}</Empty>
    </CasePage>
  );
}
