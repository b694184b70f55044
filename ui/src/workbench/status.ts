/** What the server works on: chain, cases, version. Asked for now and then. */

import { get } from "./api";
import { connection } from "./connection";
import { makeStore } from "./store";

export interface Status {
  tip_height: number;
  tip_hash: string;
  network: string;
  store: string;
  cases: string[];
  version: string;
  currencies: string[];
  partial_store?: PartialStore;
}

/** What a store holds that does not have the whole chain. */
export interface PartialStore {
  txs: number;
  told: number;
  stubs: number;
  ranks: boolean;
}

export const status = makeStore<Status | null>(null);

const EVERY_MS = 30_000;

/** Asks anew, as after a case was made. */
export async function refreshStatus(): Promise<void> {
  try {
    status.set(await get<Status>("/api/status"));
  } catch {
    // The banner of the connection says what there is to say.
  }
}

/** Asks at once, every half minute while the page is in sight, and when the server is back. */
export function keepStatus(): void {
  void refreshStatus();
  setInterval(() => {
    if (document.visibilityState === "visible" && connection.get() === "there") void refreshStatus();
  }, EVERY_MS);
  connection.watch((state) => {
    if (state === "there") void refreshStatus();
  });
}
