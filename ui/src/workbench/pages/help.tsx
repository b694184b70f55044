import { KEY_AREAS } from "../keys";
import { Basis, basisMeaning } from "../parts/Basis";
import { Page, Section } from "../parts/Page";
import { t } from "../texts";

const BASES = ["fact", "inference", "assertion", "scan"] as const;

/** How to read what the pages show, and every key. */
export default function Help() {
  return (
    <Page title={t("shell.help.title")} lead={t("shell.help.lead")}>
      <Section title={t("shell.help.reading")}>
        <dl class="keys">
          {BASES.map((of) => (
            <div key={of}>
              <dt><Basis of={of} /></dt>
              <dd>{basisMeaning(of)}</dd>
            </div>
          ))}
          <div>
            <dt>{t("shell.help.amounts")}</dt>
            <dd>{t("shell.help.amounts_text")}</dd>
          </div>
          <div>
            <dt>{t("shell.help.times")}</dt>
            <dd>{t("shell.help.times_text")}</dd>
          </div>
          <div>
            <dt>{t("shell.help.names")}</dt>
            <dd>{t("shell.help.names_text")}</dd>
          </div>
          <div>
            <dt>{t("shell.help.privacy")}</dt>
            <dd>{t("shell.help.privacy_text")}</dd>
          </div>
        </dl>
      </Section>
      <h2 class="section">{t("shell.help.keys")}</h2>
      <p class="quiet">{t("shell.help.keys_lead")}</p>
      {KEY_AREAS.map((area) => (
        <section key={area.area} class="section">
          <h3>{t(area.title)}</h3>
          <dl class="keys">
            {area.entries.map((entry) => (
              <div key={entry.id}>
                <dt><Keys of={entry.keys} /></dt>
                <dd>{t(entry.text)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Page>
  );
}

function Keys({ of }: { of: string }) {
  return (
    <>
      {of.split(" | ").map((way, index) => (
        <span key={way}>
          {index > 0 && ` ${t("shell.help.or")} `}
          {way.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}
        </span>
      ))}
    </>
  );
}
