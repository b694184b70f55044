import { KEY_AREAS } from "../keys";
import { Page, Section } from "../parts/Page";
import { t } from "../texts";

export default function Help() {
  return (
    <Page title={t("shell.help.title")} lead={t("shell.help.lead")}>
      {KEY_AREAS.map((area) => (
        <Section key={area.area} title={t(area.title)}>
          <dl class="keys">
            {area.entries.map((entry) => (
              <div key={entry.id}>
                <dt><Keys of={entry.keys} /></dt>
                <dd>{t(entry.text)}</dd>
              </div>
            ))}
          </dl>
        </Section>
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
