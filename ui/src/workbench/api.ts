/** Questions to the server. */

import { readJson, writeJson } from "./json";
import { connection, isBack } from "./connection";
import { token } from "./token";

/**
 * Names this page to the server: the jobs that it starts end when it is closed. Loaded anew, it is
 * the same page.
 */
export const PAGE = pageName();

/** Why the server did not do as asked: its own words, and what kind of no it was. */
export class Refusal extends Error {
  readonly kind: string;
  readonly status: number;

  constructor(message: string, kind: string, status: number) {
    super(message);
    this.name = "Refusal";
    this.kind = kind;
    this.status = status;
  }
}

/** Any error as a Refusal, so that a page has one kind to show. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(error instanceof Error ? error.message : String(error), "page", 0);
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** The answer to a question. Waits while the server is away. Throws Refusal. */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await answer(await ask(path + queryText(query), signal ? { signal } : {}))) as T;
}

/** The answer to an order. Throws Refusal; `gone` where the server did not hear it. */
export async function post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>("POST", path, body, signal);
}

export async function put<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>("PUT", path, body, signal);
}

export async function patch<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>("PATCH", path, body, signal);
}

export async function del<T>(path: string): Promise<T> {
  return (await answer(await ask(path, { method: "DELETE" }))) as T;
}

/** A file that the server makes of what is sent, such as a table. Throws Refusal. */
export async function postForFile(path: string, body: unknown): Promise<Blob> {
  const response = await ask(path, jsonBody("POST", body));
  if (!response.ok) await answer(response);
  return response.blob();
}

/** The headers that every question carries. */
export function headers(): Record<string, string> {
  const known = token.get();
  return { "X-Page": PAGE, ...(known === null ? {} : { Authorization: `Bearer ${known}` }) };
}

/** "?a=1&b=2" without what is null or undefined; "" where nothing is left. */
export function queryText(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()}`;
}

function pageName(): string {
  const fresh = crypto.randomUUID();
  try {
    const known = sessionStorage.getItem("peelchain.page");
    if (known !== null) return known;
    sessionStorage.setItem("peelchain.page", fresh);
  } catch {
    // A browser that keeps nothing gives a new page each time.
  }
  return fresh;
}

async function send<T>(
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<T> {
  return (await answer(await ask(path, { ...jsonBody(method, body), ...(signal && { signal }) }))) as T;
}

function jsonBody(method: string, body: unknown): RequestInit {
  if (body === undefined) return { method };
  return { method, body: writeJson(body), headers: { "Content-Type": "application/json" } };
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const reads = init.method === undefined;
  for (;;) {
    if (reads) await isBack(init.signal ?? undefined);
    try {
      const response = await fetch(path, {
        ...init,
        headers: { ...headers(), ...(init.headers as Record<string, string> | undefined) },
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
      });
      connection.set(response.status === 401 ? "refused" : "there");
      // A read waits for the new token; its page stays as it is.
      if (response.status === 401 && reads) continue;
      return response;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      connection.set("gone");
      if (!reads) throw new Refusal("the server does not answer", "gone", 0);
    }
  }
}

async function answer(response: Response): Promise<unknown> {
  const text = await response.text();
  let value: unknown = null;
  if (text !== "") {
    try {
      value = readJson(text);
    } catch {
      throw new Refusal(text.slice(0, 500), "unreadable", response.status);
    }
  }
  if (response.ok) return value;
  const said = (value ?? {}) as { error?: unknown; kind?: unknown; detail?: unknown };
  const message = typeof said.error === "string" ? said.error : textOf(said.detail, response);
  throw new Refusal(message, typeof said.kind === "string" ? said.kind : "refused", response.status);
}

function textOf(detail: unknown, response: Response): string {
  if (typeof detail === "string") return detail;
  if (detail === undefined) return `${response.status} ${response.statusText}`.trim();
  return JSON.stringify(detail);
}
