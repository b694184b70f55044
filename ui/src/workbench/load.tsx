/** What a page asks the server for, while it comes and when it does not. */

import type { ComponentChildren, JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asRefusal, get, queryText, Refusal, type Query } from "./api";
import { Notice } from "./parts/Notice";
import { t, tOr } from "./texts";

export interface Asked<T> {
  data: T | undefined;
  error: Refusal | undefined;
  loading: boolean;
  /** Asks again; what was there stays until the new answer comes. */
  reload: () => void;
}

/** The answer of GET `path` (null: nothing is asked). A new path drops the old answer. */
export function useGet<T>(path: string | null, query?: Query): Asked<T> {
  const address = path === null ? null : path + queryText(query);
  const [state, setState] = useState<{ of: string | null; data?: T; error?: Refusal }>({ of: null });
  const [asking, setAsking] = useState(0);
  const latest = useRef(address);
  latest.current = address;
  useEffect(() => {
    if (address === null) return;
    const control = new AbortController();
    get<T>(address, undefined, control.signal).then(
      (data) => latest.current === address && setState({ of: address, data }),
      (error: unknown) => {
        if (control.signal.aborted || latest.current !== address) return;
        setState({ of: address, error: asRefusal(error) });
      },
    );
    return () => control.abort();
  }, [address, asking]);
  const reload = useCallback(() => setAsking((n) => n + 1), []);
  const mine = state.of === address;
  return {
    data: mine ? state.data : undefined,
    error: mine ? state.error : undefined,
    loading: address !== null && !mine,
    reload,
  };
}

/** What came, drawn by `children`; until then that it is coming, or why it does not. */
export function Loaded<T>(props: { of: Asked<T>; children: (data: T) => ComponentChildren }): JSX.Element {
  const { data, error, loading, reload } = props.of;
  if (error !== undefined) return <Refused error={error} again={reload} />;
  if (data !== undefined) return <>{props.children(data)}</>;
  return loading ? <p class="loading" role="status">{t("shell.loading")}</p> : <></>;
}

/** A refusal: what kind of no it is in the page's language, and the server's own words. */
export function Refused(props: { error: Error; again?: () => void }): JSX.Element {
  const kind = props.error instanceof Refusal ? props.error.kind : "";
  return (
    <Notice kind="error" title={tOr(`shell.refused.${kind}`, t("shell.refused.title"))} again={props.again}>
      {props.error.message}
    </Notice>
  );
}
