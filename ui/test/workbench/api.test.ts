import { afterEach, beforeEach, expect, test } from "vitest";
import { get, post, queryText, Refusal } from "../../src/workbench/api";
import { connection } from "../../src/workbench/connection";
import { keepToken, token } from "../../src/workbench/token";
import { json, serve, type Answer, type Serving } from "./server";

let serving: Serving;
let answer: Answer;

beforeEach(async () => {
  serving = await serve((request, response, body) => answer(request, response, body));
  // Its own origin, so that this environment asks it without the checks between origins.
  (globalThis as unknown as { happyDOM: { setURL: (url: string) => void } }).happyDOM.setURL(`${serving.origin}/`);
  token.set(null);
  keepToken("good");
  connection.set("there");
});
afterEach(() => serving.close());

test("a question carries the token and the page's name, and no cookie", async () => {
  let seen: Record<string, unknown> = {};
  answer = (request, response) => {
    seen = { ...request.headers, url: request.url };
    json(response, '{"value_sat": 9007199254740993}');
  };
  expect(await get("/api/x", { a: "1 2", none: null })).toEqual({ value_sat: 9007199254740993n });
  expect(seen["authorization"]).toBe("Bearer good");
  expect(seen["x-page"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen["cookie"]).toBeUndefined();
  expect(seen["url"]).toBe("/api/x?a=1+2");
});

test("a refusal comes in the server's own words", async () => {
  answer = (_request, response) => json(response, { error: "no case 'x'", kind: "not_found" }, 404);
  const refused = await get("/api/cases/x").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refusal);
  expect(refused).toMatchObject({ message: "no case 'x'", kind: "not_found", status: 404 });
});

test("bigints are sent as whole numbers", async () => {
  let heard = "";
  answer = (_request, response, body) => {
    heard = body;
    json(response, {});
  };
  await post("/api/x", { value_sat: 9007199254740993n });
  expect(heard).toBe('{"value_sat":9007199254740993}');
});

test("a page whose token is of an earlier launch waits, and goes on with the new one", async () => {
  answer = (request, response) =>
    request.headers.authorization === "Bearer new"
      ? json(response, { ok: true })
      : json(response, { error: "no such token", kind: "token" }, 401);
  const asked = get("/api/x");
  await expect.poll(() => connection.get()).toBe("refused");
  keepToken("new");
  expect(await asked).toEqual({ ok: true });
});

test("a question waits for a server that is away; an order says that nobody heard it", async () => {
  const port = Number(new URL(serving.origin).port);
  await serving.close();
  await expect(post("/api/x", {})).rejects.toMatchObject({ kind: "gone" });
  expect(connection.get()).toBe("gone");
  const asked = get("/api/x");
  answer = (_request, response) => json(response, { back: true });
  serving = await serve((request, response, body) => answer(request, response, body), port);
  expect(await asked).toEqual({ back: true });
  expect(connection.get()).toBe("there");
}, 20_000);

test("a query leaves out what is not said", () => {
  expect(queryText({ a: 0, b: false, c: null, d: undefined })).toBe("?a=0&b=false");
  expect(queryText({})).toBe("");
});
