/** Whether the server is there, and the wait until it is again. */

import { makeStore } from "./store";
import { token } from "./token";

/** `refused`: it does not know this page's token, as after a new launch. */
export type Connection = "there" | "gone" | "refused";

export const connection = makeStore<Connection>("there");

const WAITS_MS = [1000, 2000, 4000, 8000];
let tries = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

connection.watch((state) => {
  clearTimeout(timer);
  if (state === "there") tries = 0;
  if (state === "gone") tryLater();
});
token.watch((value) => {
  if (value !== null) connection.set("there");
});

/** Asks at once whether the server is back. */
export async function tryNow(): Promise<void> {
  clearTimeout(timer);
  try {
    // A file that needs no token: all that is asked is whether anybody answers.
    await fetch("/", { method: "HEAD", cache: "no-store" });
    connection.set("there");
  } catch {
    if (connection.get() === "gone") tryLater();
    else connection.set("gone");
  }
}

/** Resolves at once when the server is there, else when it is back. Throws once `signal` says so. */
export function isBack(signal?: AbortSignal): Promise<void> {
  if (connection.get() === "there") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = connection.watch((state) => {
      if (state !== "there") return;
      end();
      resolve();
    });
    signal?.addEventListener("abort", () => {
      end();
      reject(new DOMException("no longer wanted", "AbortError"));
    });
  });
}

function tryLater(): void {
  timer = setTimeout(() => void tryNow(), WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]);
  tries += 1;
}
