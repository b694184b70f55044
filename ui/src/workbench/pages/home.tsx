import { SearchBox } from "../search-box";
import { Empty } from "../parts/Empty";
import { Hash } from "../parts/Hash";
import { Facts, Page, Section } from "../parts/Page";
import { Link, to } from "../router";
import { status } from "../status";
import { useStore } from "../store";
import { t } from "../texts";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";

export default function Home() {
  const known = useStore(status);
  return (
    <Page title={t("shell.home.title")} lead={t("shell.home.lead")}>
      <SearchBox large />
      <div class="columns">
        <Section
          title={t("shell.home.cases")}
          actions={<Link class="button" to="/cases">{t("shell.home.all_cases")}</Link>}
        >
          {known !== null && known.cases.length === 0 && (
            <Empty action={<Link class="button button-primary" to="/cases">{t("shell.home.first_case")}</Link>}>
              {t("shell.home.no_cases")}
            </Empty>
          )}
          <ul class="cards">
            {known?.cases.map((name) => (
              <li key={name}>
                <Link class="card" to={to("/case/:case", { case: name })}><bdi>{visible(name)}</bdi></Link>
              </li>
            ))}
          </ul>
        </Section>
        <Section title={t("shell.home.begin")}>
          <ul class="cards">
            <li><Link class="card" to="/trace">{t("shell.home.trace")}</Link></li>
            <li><Link class="card" to="/canvas">{t("shell.home.canvas")}</Link></li>
            <li><Link class="card" to="/compare">{t("shell.home.compare")}</Link></li>
            <li><Link class="card" to="/null-controls">{t("shell.home.null")}</Link></li>
          </ul>
        </Section>
      </div>
      {known !== null && (
        <Section title={t("shell.home.chain")} actions={<Link class="button" to="/status">{t("shell.home.more")}</Link>}>
          <Facts
            of={[
              { name: t("shell.status.network"), value: known.network },
              { name: t("shell.status.tip"), value: formatCount(known.tip_height) },
              { name: t("shell.status.hash"), value: <Hash text={known.tip_hash} copy /> },
            ]}
          />
        </Section>
      )}
    </Page>
  );
}
