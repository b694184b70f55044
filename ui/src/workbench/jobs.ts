/** Long work on the server: started, watched, stopped. It ends when this page is closed. */

import { asRefusal, del, get, headers, PAGE, post, Refusal } from "./api";
import { readJson } from "./json";
import { makeStore } from "./store";

export interface Progress {
  what: string;
  done: number;
  /** How many there are in all; null where nobody can say. */
  of: number | null;
  rate: number | null;
  left_s: number | null;
}

export interface Job {
  job: string;
  verb: string;
  state: "running" | "done" | "refused" | "stopped";
  progress: Progress | null;
  error: string | null;
  /** What the user started, in his language; set by the page. */
  title?: string;
}

export interface Running<T> {
  promise: Promise<T>;
  stop: () => void;
}

export interface RunOptions {
  onProgress?: (job: Job) => void;
  /** What the tray calls it. */
  title?: string;
}

/** The jobs of this page by id: those that run, and those that ended and were not put away. */
export const jobs = makeStore<ReadonlyMap<string, Job>>(new Map());

const told = new Map<string, (job: Job) => void>();
let stream: AbortController | undefined;

/**
 * Starts a job and gives its answer once it is done. The promise throws Refusal: `stopped` where it
 * was stopped and kept nothing, else the server's own words.
 */
export function run<T>(path: string, body: unknown, options: RunOptions = {}): Running<T> {
  let id: string | undefined;
  let stopped = false;
  const promise = (async () => {
    await openStream();
    const started = await post<{ job: string }>(path, body);
    id = started.job;
    if (stopped) void del(`/api/jobs/${id}`).catch(() => undefined);
    const job = await ended(id, options);
    if (job.state === "refused") throw new Refusal(job.error ?? "", "refused", 200);
    try {
      return await get<T>(`/api/jobs/${id}/answer`);
    } catch (error) {
      throw job.state === "stopped" ? new Refusal(job.error ?? "", "stopped", 200) : error;
    }
  })();
  return {
    promise,
    stop() {
      stopped = true;
      if (id !== undefined) stopJob(id);
    },
  };
}

export function stopJob(id: string): void {
  del(`/api/jobs/${id}`).catch(() => undefined);
}

/** Takes a job that has ended out of the tray. */
export function putAway(id: string): void {
  const left = new Map(jobs.get());
  left.delete(id);
  jobs.set(left);
}

function ended(id: string, { onProgress, title }: RunOptions): Promise<Job> {
  return new Promise((resolve, reject) => {
    told.set(id, (job) => {
      onProgress?.(job);
      if (job.state === "running") return;
      told.delete(id);
      closeStreamIfIdle();
      resolve(job);
    });
    if (title !== undefined) keep({ ...blank(id), ...jobs.get().get(id), title });
    // What was told before the id was known has gone by.
    get<Job>(`/api/jobs/${id}`).then(hear, (error: unknown) => {
      told.delete(id);
      putAway(id);
      reject(asRefusal(error));
    });
  });
}

function blank(id: string): Job {
  return { job: id, verb: "", state: "running", progress: null, error: null };
}

function hear(job: Job): void {
  const known = jobs.get().get(job.job);
  // The stream and the question race: what has ended does not run again.
  if (known !== undefined && known.state !== "running") return;
  keep({ ...known, ...job });
  told.get(job.job)?.(job);
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
    for (const id of told.keys()) get<Job>(`/api/jobs/${id}`).then(hear, () => lost(id));
  }
}

function lost(id: string): void {
  const known = jobs.get().get(id) ?? blank(id);
  hear({ ...known, state: "refused", error: "the server no longer knows this job" });
}

/** Reads a text/event-stream and tells each event's name and data. */
export async function events(
  body: ReadableStream<Uint8Array>,
  tell: (name: string, data: string) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const parts = rest.split(/\r?\n\r?\n/);
    rest = parts.pop() ?? "";
    for (const part of parts) tellOne(part, tell);
  }
}

function tellOne(part: string, tell: (name: string, data: string) => void): void {
  let name = "message";
  const data: string[] = [];
  for (const line of part.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (data.length > 0) tell(name, data.join("\n"));
}
