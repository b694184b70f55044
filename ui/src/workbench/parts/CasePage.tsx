import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { visible } from "../../shared/text";
import { Link, to, usePlace } from "../router";
import { choose, useSettings } from "../settings";
import { t } from "../texts";
import { Page, type PageProps } from "./Page";

/** The pages of a case: the end of their address and the key of their name. */
const PAGES = [
  { end: "", text: "shell.case_nav.overview" },
  { end: "/canvas", text: "shell.case_nav.canvas" },
  { end: "/notes", text: "shell.case_nav.notes" },
  { end: "/exhibits", text: "shell.case_nav.exhibits" },
  { end: "/requests", text: "shell.case_nav.requests" },
  { end: "/table", text: "shell.case_nav.table" },
  { end: "/returns", text: "shell.case_nav.returns" },
  { end: "/forfeiture", text: "shell.case_nav.forfeiture" },
  { end: "/referrals", text: "shell.case_nav.referrals" },
  { end: "/challenge", text: "shell.case_nav.challenge" },
  { end: "/journal", text: "shell.case_nav.journal" },
  { end: "/disclosure", text: "shell.case_nav.disclosure" },
  { end: "/report", text: "shell.case_nav.report" },
] as const;

/** A page of a case, with the ways to its other pages. The case becomes the current one. */
export function CasePage({ name, ...page }: PageProps & { name: string }): JSX.Element {
  const { currentCase } = useSettings();
  useEffect(() => {
    if (currentCase !== name) choose({ currentCase: name });
  }, [name]);
  return (
    <>
      <CaseNav name={name} />
      <Page {...page} title={`${page.title} · ${name}`} heading={page.heading ?? page.title} />
    </>
  );
}

/** The ways to the pages of a case. */
export function CaseNav({ name, children }: { name: string; children?: ComponentChildren }): JSX.Element {
  const { path } = usePlace();
  const start = to("/case/:case", { case: name });
  return (
    <nav class="case-nav" aria-label={t("shell.case_nav.label", { case: visible(name) })}>
      <strong class="case-name"><bdi>{visible(name)}</bdi></strong>
      {PAGES.map(({ end, text }) => (
        <Link key={end} to={start + end} aria-current={path === start + end ? "page" : undefined}>
          {t(text)}
        </Link>
      ))}
      {children}
    </nav>
  );
}
