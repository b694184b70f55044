import { formatCount } from "../../shared/money";
import { sorted } from "../../shared/order";
import { visible } from "../../shared/text";
import { Loaded, useGet } from "../load";
import { Empty } from "../parts/Empty";
import { Hash } from "../parts/Hash";
import { Facts, Page, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, to } from "../router";
import { SearchBox } from "../search-box";
import { status } from "../status";
import { useStore } from "../store";
import { t } from "../texts";

const SHOWN_AT_MOST = 12;

interface CaseRow {
  case: string;
  title: string | null;
  subject: string | null;
  last_utc: string | null;
  broken: string | null;
  error: string | null;
}

/** Where a day begins: search, the cases, the verbs, the state of the chain. */
export default function Home() {
  const known = useStore(status);
  const cases = useGet<{ cases: CaseRow[] }>("/api/cases");
  return (
    <Page title={t("shell.home.title")} lead={t("shell.home.lead")}>
      <SearchBox large />
      <div class="columns">
        <Section
          title={t("shell.home.cases")}
          actions={<Link class="button" to="/cases">{t("shell.home.all_cases")}</Link>}
        >
          <Loaded of={cases}>{(answer) => <Cases of={answer.cases} />}</Loaded>
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

/** The cases, those last worked on first. */
function Cases({ of }: { of: CaseRow[] }) {
  if (of.length === 0) {
    return (
      <Empty action={<Link class="button button-primary" to="/cases">{t("shell.home.first_case")}</Link>}>
        {t("shell.home.no_cases")}
      </Empty>
    );
  }
  return (
    <ul class="cards">
      {sorted(of, (row) => row.last_utc, true).slice(0, SHOWN_AT_MOST).map((row) => (
        <li key={row.case}>
          <Link class="card" to={to("/case/:case", { case: row.case })}>
            <strong><bdi>{visible(row.title || row.case)}</bdi></strong>
            {row.title !== null && <span class="quiet"> · <bdi>{visible(row.case)}</bdi></span>}
            {row.last_utc !== null && <span class="card-note">{t("shell.home.last")} <Time utc={row.last_utc} /></span>}
            {(row.broken ?? row.error) !== null && <span class="card-note fault">{t("shell.home.broken")}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
