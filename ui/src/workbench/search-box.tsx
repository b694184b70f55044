/** The way to a thing by whatever is known of it, with what matches while it is typed. */

import type { JSX, RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { visible } from "../shared/text";
import { get } from "./api";
import { Icon } from "./parts/Icon";
import { navigate, to, usePlace } from "./router";
import { t, tOr } from "./texts";

interface Hit {
  kind: string;
  label: string;
  to: string;
}

interface Found {
  hits: Hit[];
  problem: { message: string; mends?: { address: string; to: string }[] } | null;
}

/** What the list shows: hits, or what was meant by a mistyped address. */
interface Choice {
  kind: string;
  label: string;
  to: string;
}

const WAIT_MS = 150;
const SHOWN_AT_MOST = 8;

export function SearchBox({ box, large }: { box?: RefObject<HTMLInputElement | null>; large?: boolean }): JSX.Element {
  const place = usePlace();
  const [words, setWords] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const found = useMatches(open ? words : "");
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    setOpen(false);
    if (place.path === "/search") setWords(new URLSearchParams(place.search).get("q") ?? "");
  }, [place]);
  const choices = choicesOf(found);
  const problem = found?.problem?.message ?? null;
  const shown = open && (choices.length > 0 || problem !== null);
  const go = (address: string): void => {
    setOpen(false);
    setActive(-1);
    navigate(address);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const chosen = choices[active];
    const asked = words.trim();
    if (chosen !== undefined && shown) go(chosen.to);
    else if (asked !== "") go(to("/search", {}, { q: asked }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && shown) {
      event.preventDefault();
      setOpen(false);
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || choices.length === 0) return;
    event.preventDefault();
    setOpen(true);
    // Before the first and after the last is the box itself.
    setActive(((active + 1 + step + choices.length + 1) % (choices.length + 1)) - 1);
  };
  return (
    <form
      ref={form}
      class={large ? "search search-large" : "search"}
      role="search"
      aria-label={large ? t("shell.search.home") : t("shell.search.label")}
      onSubmit={submit}
      onFocusOut={(event) => {
        if (!form.current?.contains(event.relatedTarget as Node | null)) setOpen(false);
      }}
    >
      <Icon name="search" />
      <input
        {...(box && { ref: box })}
        class="input"
        type="text"
        inputMode="search"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        maxLength={10_000}
        aria-label={t("shell.search.label")}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && active >= 0 ? `${id}-${active}` : undefined}
        placeholder={t("shell.search.placeholder")}
        value={words}
        onInput={(event) => {
          setWords(event.currentTarget.value);
          setActive(-1);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
      />
      <div class="search-found" hidden={!shown}>
        {problem !== null && <p class="search-problem">{visible(problem)}</p>}
        <ul id={`${id}-list`} role="listbox" aria-label={t("shell.search.found")}>
          {choices.map((choice, index) => (
            <li
              key={choice.to}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => go(choice.to)}
            >
              <span class="search-kind">{tOr(`shell.search.kind.${choice.kind}`, choice.kind)}</span>
              <bdi>{visible(choice.label)}</bdi>
            </li>
          ))}
        </ul>
      </div>
    </form>
  );
}

/** What matches the words, a moment after they were typed; null until it is known. */
function useMatches(words: string): Found | null {
  const [found, setFound] = useState<Found | null>(null);
  const asked = words.trim();
  useEffect(() => {
    setFound(null);
    if (asked.length < 2) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      get<Found>("/api/search", { q: asked }, control.signal).then(setFound, () => undefined);
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [asked]);
  return found;
}

function choicesOf(found: Found | null): Choice[] {
  const mends = (found?.problem?.mends ?? []).map((mend) => ({ kind: "meant", label: mend.address, to: mend.to }));
  const all = [...(found?.hits ?? []), ...mends];
  return all.filter((each, index) => all.findIndex((other) => other.to === each.to) === index).slice(0, SHOWN_AT_MOST);
}
