/** The question of a page at work: begun, watched, stopped, answered. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../announce";
import { asRefusal, type Refusal } from "../api";
import { run, watchJob, type Job, type Running } from "../jobs";
import { navigate, useRoute } from "../router";
import { t } from "../texts";
import { remember, toQuery, toRequest, type Question } from "./question";

export interface Work<A> {
  /** The job of the answer, or of what goes on. */
  id: string | null;
  job: Job | null;
  answer: A | null;
  error: Refusal | null;
  /** 0: goes on; 1: asked to stop and keep what it has; 2: to end at once. */
  stopping: number;
  start: (question: Question, title: string) => void;
  stop: () => void;
}

interface State<A> {
  id: string | null;
  job: Job | null;
  answer: A | null;
  error: Refusal | null;
  stopping: number;
}

const IDLE = { id: null, job: null, answer: null, error: null, stopping: 0 };
const MOST_HELD = 4;

// So that going back to an answer needs no question: the greatest of them take a while to read.
const held = new Map<string, unknown>();

/** The work that the address names as `job`, and how to begin another. */
export function useWork<A>(path: string): Work<A> {
  const { query } = useRoute();
  const named = query.get("job");
  const [state, setState] = useState<State<A>>(IDLE);
  const running = useRef<Running<A> | null>(null);
  const current = useRef<string | null>(null);
  const alive = useRef(true);

  const follow = useCallback((work: Running<A>, known: string | null) => {
    running.current = work;
    current.current = known;
    work.promise.then(
      (answer) => {
        const id = current.current;
        if (id !== null) hold(id, answer);
        if (!alive.current || running.current !== work) return;
        announce(t("trace.work.done"));
        setState((old) => ({ ...old, answer, error: null, stopping: 0, job: null }));
      },
      (error: unknown) => {
        if (!alive.current || running.current !== work) return;
        setState((old) => ({ ...old, error: asRefusal(error), stopping: 0, job: null }));
      },
    );
  }, []);

  const onProgress = useCallback((job: Job) => {
    if (alive.current && (current.current === null || current.current === job.job)) {
      setState((old) => ({ ...old, job }));
    }
  }, []);

  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  useEffect(() => {
    if (named === null || named === current.current) return;
    const known = held.get(named) as A | undefined;
    current.current = named;
    if (known !== undefined) {
      running.current = null;
      setState({ ...IDLE, id: named, answer: known });
      return;
    }
    setState({ ...IDLE, id: named });
    follow(watchJob<A>(named, { onProgress }), named);
  }, [named, follow, onProgress]);

  const start = useCallback(
    (question: Question, title: string) => {
      const { path: verb, body } = toRequest(question);
      remember(question);
      setState(IDLE);
      const asked = toQuery(question);
      const work = run<A>(verb, body, {
        title,
        onProgress,
        onStart: (id) => {
          if (running.current !== work) return;
          current.current = id;
          setState((old) => ({ ...old, id }));
          asked.set("job", id);
          if (alive.current && location.pathname === path) navigate(`${path}?${asked.toString()}`, { replace: true });
        },
      });
      follow(work, null);
    },
    [path, follow, onProgress],
  );

  const stop = useCallback(() => {
    running.current?.stop();
    setState((old) => ({ ...old, stopping: old.stopping + 1 }));
  }, []);

  return { ...state, start, stop };
}

function hold(id: string, answer: unknown): void {
  held.delete(id);
  held.set(id, answer);
  for (const oldest of held.keys()) {
    if (held.size <= MOST_HELD) return;
    held.delete(oldest);
  }
}
