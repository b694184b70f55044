/** Which page the address names, and the way to another one. */

import type { ComponentChildren, JSX } from "preact";
import { makeStore, useStore } from "./store";

export interface Place {
  /** As it stands in the address, percent-encoded: "/tx/ab…". */
  path: string;
  /** With its question mark, or "". */
  search: string;
}

export interface Route {
  /** "/tx/:txid" */
  pattern: string;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
}

export const place = makeStore<Place>(here());

/** What is asked before the page is left; false keeps it. */
type Leaving = () => boolean;
const leaving = new Set<Leaving>();

/** Follows the browser's own back and forward. */
export function followHistory(): void {
  addEventListener("popstate", () => place.set(here()));
}

/** Goes to an address of this page, such as "/tx/ab…?x=1". */
export function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const target = new URL(to, location.origin);
  if (target.pathname !== location.pathname && [...leaving].some((asks) => !asks())) return;
  const address = target.pathname + target.search;
  if (replace) history.replaceState(null, "", address);
  else if (address !== location.pathname + location.search) history.pushState(null, "", address);
  place.set(here());
}

/** Asks before a link leads away (autosaving pages need none of it); gives what ends it. */
export function beforeLeaving(asks: Leaving): () => void {
  leaving.add(asks);
  return () => void leaving.delete(asks);
}

/** The values of a pattern's names in a path, or null where it does not match. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (!part.startsWith(":")) {
      if (part !== value) return null;
      continue;
    }
    try {
      params[part.slice(1)] = decodeURIComponent(value);
    } catch {
      return null;
    }
  }
  return params;
}

/** An address of a pattern's page: to("/tx/:txid", {txid}, {tab: "raw"}). */
export function to(
  pattern: string,
  params: Record<string, string> = {},
  query: Record<string, string | null | undefined> = {},
): string {
  const path = pattern.replace(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ""));
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] != null);
  const text = new URLSearchParams(given).toString();
  return text === "" ? path : `${path}?${text}`;
}

export function usePlace(): Place {
  return useStore(place);
}

let current: Route = { pattern: "", path: "", params: {}, query: new URLSearchParams() };

/** Set by the shell before a page is drawn. */
export function setRoute(route: Route): void {
  current = route;
}

/** The route of the page that is being drawn. */
export function useRoute(): Route {
  usePlace();
  return current;
}

export interface LinkProps extends Omit<JSX.IntrinsicElements["a"], "href" | "class" | "children"> {
  to: string;
  class?: string | undefined;
  children?: ComponentChildren;
}

/** A link within the workbench; opens in a new tab like any other where the user asks for that. */
export function Link({ to: address, children, ...rest }: LinkProps): JSX.Element {
  return (
    <a
      {...(rest as object)}
      href={address}
      onClick={(event) => {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(address);
      }}
    >
      {children}
    </a>
  );
}

function here(): Place {
  return { path: location.pathname, search: location.search };
}
