import "../styles/explore.css";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../announce";
import { Footing } from "../explore/parts";
import { hitText, kindText, Slip } from "../explore/Hits";
import type { Hit, SearchAnswer } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Empty } from "../parts/Empty";
import { Hash } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Page } from "../parts/Page";
import { Link, navigate, to, useRoute } from "../router";
import { visible } from "../../shared/text";
import { t, tn } from "../texts";

/** How long typing rests before it is searched for. */
const REST_MS = 200;

export default function Search(): JSX.Element {
  const { query } = useRoute();
  const q = query.get("q") ?? "";
  const [typed, setTyped] = useState(q);
  const list = useRef<HTMLUListElement>(null);
  const asked = useGet<SearchAnswer>(q.trim() === "" ? null : "/api/search", { q });
  useEffect(() => setTyped(q), [q]);
  useEffect(() => {
    if (typed === q) return;
    const timer = setTimeout(() => navigate(to("/search", {}, { q: typed }), { replace: true }), REST_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    if (asked.data !== undefined && asked.data.problem === null) announce(tn("explore.search.found", asked.data.hits.length));
  }, [asked.data]);
  const move = (event: KeyboardEvent, from: number): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const links = [...(list.current?.querySelectorAll<HTMLElement>("a") ?? [])];
    const next = from + step;
    if (next < 0) document.getElementById("search-words")?.focus();
    else links[Math.min(next, links.length - 1)]?.focus();
  };
  return (
    <Page title={t("explore.search.title")}>
      <form
        role="search"
        aria-label={t("explore.search.here")}
        class="search-page"
        onSubmit={(event) => {
          event.preventDefault();
          const only = asked.data?.hits[0];
          if (only !== undefined && typed === q) navigate(only.to);
          else navigate(to("/search", {}, { q: typed }));
        }}
      >
        <label for="search-words">{t("explore.search.label")}</label>
        <input
          id="search-words"
          class="input code"
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => move(event, -1)}
        />
        <p class="quiet">{t("explore.search.hint")}</p>
      </form>
      {q.trim() === "" ? <Empty action={<Link to="/services">{t("explore.service_page.all")}</Link>}>{t("explore.search.empty")}</Empty> : (
        <Loaded of={asked}>
          {(found) => (
            <>
              {found.problem !== null && <Problem of={found.problem} text={q.trim()} />}
              {found.hits.length === 0 && found.problem === null && <Empty>{t("explore.search.nothing")}</Empty>}
              <ul class="hits" ref={list}>
                {found.hits.map((hit, index) => <Found key={`${hit.kind}${hit.to}`} of={hit} onKeyDown={(event) => move(event, index)} />)}
              </ul>
              <Footing of={found} />
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}

function Found({ of, onKeyDown }: { of: Hit; onKeyDown: (event: KeyboardEvent) => void }): JSX.Element {
  const long = of.label.length > 24 && !/\s/.test(of.label);
  return (
    <li>
      <Link class="hit" to={of.to} onKeyDown={onKeyDown}>
        <span class="hit-kind">{kindText(of.kind)}</span>
        <span class="hit-name">{long ? <Hash text={of.label} full /> : <bdi>{visible(of.label)}</bdi>}</span>
        <span class="quiet hit-said">{hitText(of)}</span>
      </Link>
    </li>
  );
}

function Problem({ of, text }: { of: NonNullable<SearchAnswer["problem"]>; text: string }): JSX.Element {
  return (
    <Notice kind={of.valid === true ? "info" : "warning"} title={of.valid === true ? t("explore.search.absent") : t("explore.search.problem")}>
      <p>{visible(of.message)}</p>
      {of.mends.map((mend) => (
        <div key={mend.address}>
          <Slip text={text} mend={mend} />
          <p>
            {t("explore.search.meant")} <Link to={mend.to}><Hash text={mend.address} full /></Link>{" "}
            <span class="quiet">{mend.in_chain ? t("explore.search.in_chain") : t("explore.search.not_in_chain")}</span>
          </p>
        </div>
      ))}
    </Notice>
  );
}
