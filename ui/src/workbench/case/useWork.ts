import { useEffect, useRef, useState } from "preact/hooks";
import { asRefusal, type Refusal } from "../api";
import { run, type Job, type Running } from "../jobs";

export interface Work<T> {
  job: Job | null;
  answer: T | null;
  refusal: Refusal | null;
  busy: boolean;
  start: (path: string, body: unknown) => Promise<T | null>;
  stop: () => void;
  forget: () => void;
}

/** Long work that the page waits for; it goes on where the page is left for another one. */
export function useWork<T>(): Work<T> {
  const [job, setJob] = useState<Job | null>(null);
  const [answer, setAnswer] = useState<T | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const running = useRef<Running<T> | null>(null);
  const there = useRef(true);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
    };
  }, []);
  const start = async (path: string, body: unknown): Promise<T | null> => {
    setRefusal(null);
    setAnswer(null);
    setJob(null);
    setBusy(true);
    const mine = run<T>(path, body, { onProgress: (told) => there.current && setJob(told) });
    running.current = mine;
    try {
      const got = await mine.promise;
      if (there.current) setAnswer(got);
      return got;
    } catch (error) {
      if (there.current) setRefusal(asRefusal(error));
      return null;
    } finally {
      if (there.current) setBusy(false);
    }
  };
  return {
    job,
    answer,
    refusal,
    busy,
    start,
    stop: () => running.current?.stop(),
    forget: () => {
      setAnswer(null);
      setRefusal(null);
    },
  };
}
