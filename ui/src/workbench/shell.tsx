/** What surrounds every page: search, ways to the others, state of chain, server and jobs. */

import type { ComponentType, JSX } from "preact";
import { useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { announced } from "./announce";
import { Banner } from "./banner";
import { connection, isBack, tryNow } from "./connection";
import { Header } from "./header";
import { useKeys } from "./keys";
import { PartialNotice } from "./partial";
import { Notice } from "./parts/Notice";
import { match, navigate, setRoute, usePlace, type Route } from "./router";
import { PAGES } from "./routes";
import { useSettings } from "./settings";
import { useStore } from "./store";
import { spoken, t } from "./texts";
import { token } from "./token";
import { Tray } from "./tray";
import { NoToken } from "./welcome";

export function Shell(): JSX.Element {
  // Drawn anew when the language or the unit changes.
  useStore(spoken);
  useSettings();
  const known = useStore(token) !== null;
  const search = useRef<HTMLInputElement>(null);
  useKeys("shell", {
    search: () => {
      search.current?.focus();
      search.current?.select();
    },
    home: () => navigate("/"),
    canvas: () => navigate("/canvas"),
    trace: () => navigate("/trace"),
    cases: () => navigate("/cases"),
    help: () => navigate("/help"),
  });
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        {t("shell.skip")}
      </a>
      <div class="top">
        <Header search={search} />
        {known && <Banner />}
        {known && <PartialNotice />}
      </div>
      <main id="main" tabIndex={-1}>{known ? <Pages /> : <NoToken />}</main>
      <Tray />
      <Live />
    </>
  );
}

/** The page that the address names, loaded when it is first opened. */
function Pages(): JSX.Element {
  const place = usePlace();
  const route = useMemo(() => routeOf(place.path, place.search), [place.path, place.search]);
  const [loaded, setLoaded] = useState<{ pattern: string; page: ComponentType } | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const [asked, setAsked] = useState(0);
  const first = useRef(true);
  useEffect(() => {
    const page = PAGES.find((each) => each.pattern === route?.pattern);
    if (page === undefined) return;
    let wanted = true;
    setFault(null);
    page.load().then(
      (module) => wanted && setLoaded({ pattern: page.pattern, page: module.default }),
      async (error: unknown) => {
        await tryNow();
        if (connection.get() === "there") {
          if (wanted) setFault(error);
          return;
        }
        await isBack();
        if (wanted) setAsked((n) => n + 1);
      },
    );
    return () => {
      wanted = false;
    };
  }, [route?.pattern, asked]);
  useLayoutEffect(() => {
    // A new page begins at its top, for eyes and screen readers alike; not at the first visit.
    if (!first.current) {
      scrollTo(0, 0);
      document.getElementById("main")?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [place.path]);
  if (route === null) {
    return (
      <Notice kind="warning" title={t("shell.no_page.title")}>
        {t("shell.no_page.text")}
      </Notice>
    );
  }
  if (fault !== null) {
    return (
      <Notice kind="error" title={t("shell.not_loaded")} again={() => setAsked(asked + 1)}>
        {String(fault)}
      </Notice>
    );
  }
  if (loaded === null || loaded.pattern !== route.pattern) {
    return <p class="loading" role="status">{t("shell.loading")}</p>;
  }
  setRoute(route);
  return <Guarded key={place.path} page={loaded.page} />;
}

/** A page whose own fault does not take the rest with it. */
function Guarded({ page: Page }: { page: ComponentType }): JSX.Element {
  const [error, reset] = useErrorBoundary();
  if (error !== undefined) {
    return (
      <Notice kind="error" title={t("shell.fault")} again={reset}>
        {error instanceof Error ? error.message : String(error)}
      </Notice>
    );
  }
  return <Page />;
}

function Live(): JSX.Element {
  const said = useStore(announced);
  const [shown, setShown] = useState("");
  useEffect(() => {
    if (said.at === 0) return;
    setShown(said.text);
    const timer = setTimeout(() => setShown(""), 4000);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div class={shown === "" ? "toast" : "toast toast-on"} role="status" aria-live="polite">
      {shown}
    </div>
  );
}

function routeOf(path: string, search: string): Route | null {
  for (const { pattern } of PAGES) {
    const params = match(pattern, path);
    if (params !== null) return { pattern, path, params, query: new URLSearchParams(search) };
  }
  return null;
}
