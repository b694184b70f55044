/** The head of every page. */

import type { JSX, RefObject } from "preact";
import { formatCount } from "../shared/money";
import { visible } from "../shared/text";
import { Link, to, usePlace } from "./router";
import { SearchBox } from "./search-box";
import { choose, useSettings, type Language, type Theme } from "./settings";
import { status } from "./status";
import { useStore } from "./store";
import { t } from "./texts";

export function Header({ search }: { search: RefObject<HTMLInputElement | null> }): JSX.Element {
  return (
    <header class="head">
      <Link to="/" class="brand">peelchain</Link>
      <SearchBox box={search} />
      <Navigation />
      <Tip />
      <Switches />
    </header>
  );
}

function Navigation(): JSX.Element {
  const { path } = usePlace();
  const { currentCase } = useSettings();
  const link = (address: string, text: string, within = address): JSX.Element => (
    <Link to={address} aria-current={path === address ? "page" : path.startsWith(`${within}/`) ? "true" : undefined}>
      {text}
    </Link>
  );
  return (
    <nav class="nav" aria-label={t("shell.nav.label")}>
      {link("/canvas", t("shell.nav.canvas"))}
      {link("/trace", t("shell.nav.trace"))}
      {link("/cases", t("shell.nav.cases"))}
      {currentCase !== null &&
        link(to("/case/:case", { case: currentCase }), t("shell.nav.case", { case: visible(currentCase) }))}
      {link("/help", t("shell.nav.help"))}
    </nav>
  );
}

function Tip(): JSX.Element {
  const known = useStore(status);
  if (known === null) return <span class="tip" />;
  return (
    <Link to="/status" class="tip" title={t("shell.tip.title", { hash: known.tip_hash })}>
      <span class="tip-network">{known.network}</span> {t("shell.tip.text", { height: formatCount(known.tip_height) })}
    </Link>
  );
}

function Switches(): JSX.Element {
  const { language, theme, unit } = useSettings();
  const currencies = useStore(status)?.currencies ?? [];
  const units = ["BTC", ...currencies.filter((each) => each !== "BTC")];
  if (!units.includes(unit)) units.push(unit);
  return (
    <div class="switches">
      <select
        class="input"
        aria-label={t("shell.unit")}
        title={t("shell.unit")}
        value={unit}
        onChange={(event) => choose({ unit: event.currentTarget.value })}
      >
        {units.map((each) => <option key={each} value={each} selected={each === unit}>{each}</option>)}
      </select>
      <select
        class="input"
        aria-label={t("shell.theme.label")}
        title={t("shell.theme.label")}
        value={theme}
        onChange={(event) => choose({ theme: event.currentTarget.value as Theme })}
      >
        <option value="auto" selected={theme === "auto"}>{t("shell.theme.auto")}</option>
        <option value="light" selected={theme === "light"}>{t("shell.theme.light")}</option>
        <option value="dark" selected={theme === "dark"}>{t("shell.theme.dark")}</option>
      </select>
      <select
        class="input"
        aria-label={t("shell.language")}
        title={t("shell.language")}
        value={language}
        onChange={(event) => choose({ language: event.currentTarget.value as Language })}
      >
        <option value="en" lang="en" selected={language === "en"}>English</option>
        <option value="es" lang="es" selected={language === "es"}>Español</option>
      </select>
    </div>
  );
}
