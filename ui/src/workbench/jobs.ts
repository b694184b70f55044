/** Long work on the server: started, watched, stopped. It ends when this page is closed. */

import { asRefusal, del, get, headers, PAGE, post, Refusal } from "./api";
import { events } from "./event-stream";
import { readJson } from "./json";
import { makeStore } from "./store";

export interface Progress {
  what: string;
  done: number;
  /** How many there are in all; 0 or null where nobody can say. */
  of: number | null;
  rate: number | null;
  left_s: number | null;
}

export interface Job {
  job: string;
  verb: string;
  state: "waiting" | "running" | "done" | "refused" | "stopped";
  progress: Progress | null;
  error: { error: string; kind: string } | null;
  /** What the user started, in his language; set by the page. */
  title?: string;
}

export interface Running<T> {
  promise: Promise<T>;
  stop: () => void;
}

export interface RunOptions {
  onProgress?: (job: Job) => void;
  /** Told the job's id once it has begun, so that an address can name it. */
  onStart?: (id: string) => void;
  /** What the tray calls it. */
  title?: string;
}

/** The jobs of this page by id: those that go on, and those that ended and were not put away. */
export const jobs = makeStore<ReadonlyMap<string, Job>>(new Map());

/** How long the tray shows that a job is done, in ms. */
const SHOWN_DONE_MS = 8000;

const told = new Map<string, Set<(job: Job) => void>>();
let stream: AbortController | undefined;

export function isOver(job: Job): boolean {
  return job.state !== "waiting" && job.state !== "running";
}

/**
 * Starts a job and gives its answer once it is done. The promise throws Refusal: of kind `stopped`
 * where it was stopped and kept nothing, else the server's own words.
 */
export function run<T>(path: string, body: unknown, options: RunOptions = {}): Running<T> {
  let id: string | undefined;
  let stopped = false;
  const begin = async (): Promise<T> => {
    await openStream();
    let started: { job: string };
    try {
      started = await post<{ job: string }>(path, body);
    } catch (error) {
      closeStreamIfIdle();
      throw error;
    }
    id = started.job;
    options.onStart?.(id);
    if (stopped) stopJob(id);
    return ended<T>(id, options);
  };
  return {
    promise: begin(),
    stop() {
      stopped = true;
      if (id !== undefined) stopJob(id);
    },
  };
}

/** The answer of a job that was started before, as by this page before it was loaded anew. */
export function watchJob<T>(id: string, options: RunOptions = {}): Running<T> {
  return { promise: openStream().then(() => ended<T>(id, options)), stop: () => stopJob(id) };
}

/** Asks a job to stop; what it keeps is its answer. Asked twice, it ends at once. */
export function stopJob(id: string): void {
  del(`/api/jobs/${id}`).catch(() => undefined);
}

/** Takes a job that has ended out of the tray. */
export function putAway(id: string): void {
  const left = new Map(jobs.get());
  left.delete(id);
  jobs.set(left);
}

/** Shows what this page had begun before it was loaded anew. */
export async function resumeJobs(): Promise<void> {
  const all = await get<Job[]>("/api/jobs").catch((): Job[] => []);
  for (const job of all) {
    if (!isOver(job) && !told.has(job.job)) watchJob(job.job).promise.catch(() => undefined);
  }
}

async function ended<T>(id: string, options: RunOptions): Promise<T> {
  const job = await over(id, options);
  if (job.state === "refused") {
    throw new Refusal(job.error?.error ?? "", job.error?.kind ?? "refused", 409);
  }
  if (job.state === "stopped") throw new Refusal("", "stopped", 409);
  return get<T>(`/api/jobs/${id}/answer`);
}

function over(id: string, { onProgress, title }: RunOptions): Promise<Job> {
  return new Promise((resolve, reject) => {
    const hears = told.get(id) ?? new Set();
    const forget = (): void => {
      hears.delete(heard);
      if (hears.size === 0) told.delete(id);
      closeStreamIfIdle();
    };
    const heard = (job: Job): void => {
      onProgress?.(job);
      if (!isOver(job)) return;
      forget();
      if (job.state !== "refused") setTimeout(() => putAway(id), SHOWN_DONE_MS);
      resolve(job);
    };
    told.set(id, hears.add(heard));
    keep({ ...blank(id), ...jobs.get().get(id), ...(title !== undefined && { title }) });
    // What was told before the id was known has gone by.
    get<Job>(`/api/jobs/${id}`).then(hear, (error: unknown) => {
      forget();
      putAway(id);
      reject(asRefusal(error));
    });
  });
}

function blank(id: string): Job {
  return { job: id, verb: "", state: "waiting", progress: null, error: null };
}

function hear(job: Job): void {
  const known = jobs.get().get(job.job);
  // Not one of this page's, or put away; or the stream and the question raced: what is over stays so.
  if (known === undefined || (isOver(known) && !told.has(job.job))) return;
  keep({ ...known, ...job });
  for (const each of [...(told.get(job.job) ?? [])]) each(job);
}

function keep(job: Job): void {
  jobs.set(new Map(jobs.get()).set(job.job, job));
}

async function openStream(): Promise<void> {
  if (stream !== undefined) return;
  const control = new AbortController();
  stream = control;
  await new Promise<void>((opened) => void follow(control, opened));
}

function closeStreamIfIdle(): void {
  // A browser has few connections to one server, and idle tabs must not use them up.
  if (told.size > 0) return;
  stream?.abort();
  stream = undefined;
}

async function follow(control: AbortController, opened: () => void): Promise<void> {
  while (!control.signal.aborted) {
    try {
      const response = await fetch(`/api/pages/${PAGE}/events`, {
        headers: { ...headers(), Accept: "text/event-stream" },
        signal: control.signal,
        cache: "no-store",
        credentials: "omit",
      });
      opened();
      if (response.ok && response.body !== null) {
        await events(response.body, (name, data) => {
          if (name === "job") hear(readJson(data) as Job);
        });
      }
    } catch {
      opened();
    }
    if (control.signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const id of [...told.keys()]) get<Job>(`/api/jobs/${id}`).then(hear, () => lost(id));
  }
}

function lost(id: string): void {
  const error = { error: "the server no longer knows this work: it was started anew", kind: "lost" };
  hear({ ...(jobs.get().get(id) ?? blank(id)), state: "refused", error });
}
