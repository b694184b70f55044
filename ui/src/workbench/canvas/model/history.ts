/** What was done and what was undone, without limit. */

import { same } from "./canonical";
import { apply, invert, isEmpty, type Change, type Operation } from "./operation";
import type { Picture } from "./picture";

/** Plain data: it can be stored beside the picture. */
export interface History {
  picture: Picture;
  done: readonly Operation[];
  /** The next to redo is the last. */
  undone: readonly Operation[];
}

/** A history that begins with this picture. */
export function begin(picture: Picture): History {
  return { picture, done: [], undone: [] };
}

/** The history after the operation. One of the same gesture as the last becomes one with it. */
export function act(history: History, operation: Operation): History {
  if (isEmpty(operation)) return history;
  const last = history.done.at(-1);
  const picture = apply(history.picture, operation);
  const one = last !== undefined && history.undone.length === 0 ? merged(last, operation) : null;
  if (one === null) return { picture, done: [...history.done, operation], undone: [] };
  const earlier = history.done.slice(0, -1);
  return { picture, done: isEmpty(one) ? earlier : [...earlier, one], undone: [] };
}

/** The history with the last operation taken back; itself where there is none. */
export function undo(history: History): History {
  const last = history.done.at(-1);
  if (last === undefined) return history;
  return {
    picture: apply(history.picture, invert(last)),
    done: history.done.slice(0, -1),
    undone: [...history.undone, last],
  };
}

/** The history with the operation taken back last done again; itself where there is none. */
export function redo(history: History): History {
  const next = history.undone.at(-1);
  if (next === undefined) return history;
  return {
    picture: apply(history.picture, next),
    done: [...history.done, next],
    undone: history.undone.slice(0, -1),
  };
}

/** Two operations of one gesture as one, or null where they do not belong together. */
export function merged(first: Operation, second: Operation): Operation | null {
  if (first.gesture === undefined || first.gesture !== second.gesture) return null;
  if (first.verb !== second.verb) return null;
  const changes: Change[] = [];
  const at = new Map<string, number>();
  for (const change of [...first.changes, ...second.changes]) {
    if (!("now" in change)) return null;
    const key = change.table === "settings" ? change.table : `${change.table} ${change.id}`;
    const index = at.get(key);
    if (index === undefined) {
      at.set(key, changes.length);
      changes.push(change);
      continue;
    }
    const earlier = changes[index] as Change & { was: object; now: object };
    changes[index] = {
      ...earlier,
      was: { ...change.was, ...earlier.was },
      now: { ...earlier.now, ...change.now },
    } as Change;
  }
  const told = changes.filter((change) => !("now" in change) || !same(change.was, change.now));
  return { verb: second.verb, changes: told, gesture: second.gesture as string };
}
