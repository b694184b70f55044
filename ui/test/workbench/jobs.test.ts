import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connection } from "../../src/workbench/connection";
import { events } from "../../src/workbench/event-stream";
import { jobs, putAway, run, type Job } from "../../src/workbench/jobs";
import { keepToken } from "../../src/workbench/token";
import { json, serve, type Serving } from "./server";

let serving: Serving;
let stream: ServerResponse | undefined;
let job: Job;
const deleted: string[] = [];

function tell(changed: Partial<Job>): void {
  job = { ...job, ...changed };
  stream?.write(`event: job\ndata: ${JSON.stringify(job)}\n\n`);
}

beforeEach(async () => {
  deleted.length = 0;
  job = { job: "j1", verb: "trace.forward", state: "waiting", progress: null, error: null };
  serving = await serve((request, response) => {
    const url = request.url ?? "";
    if (url.endsWith("/events")) {
      stream = response;
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(": open\n\n");
    } else if (request.method === "DELETE") {
      deleted.push(url);
      json(response, job);
    } else if (url.endsWith("/answer")) json(response, { hops: 3 });
    else json(response, job, request.method === "POST" ? 202 : 200);
  });
  (globalThis as unknown as { happyDOM: { setURL: (url: string) => void } }).happyDOM.setURL(`${serving.origin}/`);
  keepToken("good");
  connection.set("there");
});
afterEach(async () => {
  putAway("j1");
  await serving.close();
});

test("a job tells its progress and gives its answer", async () => {
  const told: (number | undefined)[] = [];
  const running = run<{ hops: number }>("/api/traces/forward", {}, {
    title: "Trace",
    onProgress: (each) => told.push(each.progress?.done),
  });
  await expect.poll(() => jobs.get().get("j1")?.title).toBe("Trace");
  tell({ state: "running", progress: { what: "blocks", done: 5, of: 10, rate: 1, left_s: 5 } });
  await expect.poll(() => told.at(-1)).toBe(5);
  tell({ state: "done" });
  expect(await running.promise).toEqual({ hops: 3 });
  expect(jobs.get().get("j1")?.state).toBe("done");
});

test("a refused job fails in the server's words", async () => {
  const running = run("/api/traces/forward", {});
  await expect.poll(() => jobs.get().has("j1")).toBe(true);
  tell({ state: "refused", error: { error: "no such address", kind: "not_found" } });
  await expect(running.promise).rejects.toMatchObject({ message: "no such address", kind: "not_found" });
});

test("stopping asks the server, even before it has given the job a name", async () => {
  const running = run("/api/traces/forward", {});
  running.stop();
  await expect.poll(() => deleted).toEqual(["/api/jobs/j1"]);
  tell({ state: "stopped" });
  await expect(running.promise).rejects.toMatchObject({ kind: "stopped" });
});

test("a job that ended before anybody listened is heard of all the same", async () => {
  job = { ...job, state: "done" };
  expect(await run<{ hops: number }>("/api/traces/forward", {}).promise).toEqual({ hops: 3 });
});

test("events are read however the bytes are cut", async () => {
  const text = ": beat\n\nevent: job\ndata: {\"a\":\ndata: 1}\n\nevent: x\r\ndata:é\r\n\r\n";
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 7, 1000]) {
    const heard: [string, string][] = [];
    const body = new ReadableStream<Uint8Array>({
      start(control) {
        for (let at = 0; at < bytes.length; at += size) control.enqueue(bytes.slice(at, at + size));
        control.close();
      },
    });
    await events(body, (name, data) => heard.push([name, data]));
    expect(heard).toEqual([["job", '{"a":\n1}'], ["x", "é"]]);
  }
});
