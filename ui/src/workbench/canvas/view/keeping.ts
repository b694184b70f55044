/** Keeps the picture: with its case on the server, or in this browser where it has none. */

import { asRefusal, get, post, put } from "../../api";
import { readJson } from "../../json";
import { connection, isBack } from "../../connection";
import { canonicalOf } from "../model/canonical";
import { emptyPicture, type Picture } from "../model/picture";
import { readPicture } from "../model/read";
import { lay, pictureOf, type Desk } from "./desk";
import { readScratch, writeScratch } from "./scratch";

/** What came to the store since the picture was made. */
export interface Moved {
  blocks: number;
  reorganised: boolean;
  imports: { stage: string }[];
  imports_gone: number;
  policy: boolean;
  clusters: boolean;
}

export interface Kept {
  picture: string;
  version: string;
  moved?: Moved | null;
  /** Nodes of the picture of which later blocks or tags say something. */
  touched?: { node: string; by: string[] }[];
  touched_count?: number;
  gone?: string[];
}

export interface Listed {
  name: string;
  saved_utc?: string | null;
  bytes?: number;
  nodes?: number | null;
}

/** Wait so long after the last change before the picture is sent. */
const PAUSE_MS = 700;

export interface Keeper {
  /** Sends what is there now; resolves once it is kept or refused. */
  now: () => Promise<void>;
  /** What to do about a picture that another tab has changed. */
  overwrite: () => Promise<void>;
  takeTheirs: () => Promise<void>;
  end: () => void;
}

/** Opens the picture of the desk's place and keeps it from then on. Gives what moved on since. */
export async function open(desk: Desk): Promise<{ keeper: Keeper; since: Kept | null; fresh: boolean }> {
  const { caseName, picture: name } = desk.place;
  let kept: Kept | null = null;
  let text: string | null = null;
  if (caseName === null) {
    text = await readScratch(name);
  } else {
    kept = await fetched(caseName, name);
    text = kept?.picture ?? null;
  }
  if (text !== null) lay(desk, readPicture(readJson(text)));
  return {
    keeper: caseName === null ? keepHere(desk, name) : keepThere(desk, caseName, name, kept),
    since: kept,
    fresh: text === null,
  };
}

async function fetched(caseName: string, name: string): Promise<Kept | null> {
  try {
    return await get<Kept>(pathOf(caseName, name));
  } catch (error) {
    if (asRefusal(error).status === 404) return null;
    throw error;
  }
}

function keepThere(desk: Desk, caseName: string, name: string, first: Kept | null): Keeper {
  let version = first?.version ?? null;
  let last = canonicalOf(pictureOf(desk));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | null = null;
  const send = async (force = false): Promise<void> => {
    clearTimeout(timer);
    if (sending !== null) await sending;
    const text = canonicalOf(pictureOf(desk));
    if (text === last && !force) return desk.saved.set("saved");
    desk.saved.set("saving");
    sending = (async () => {
      try {
        // To write over what another tab has saved, one has to have seen that it is there.
        if (force) version = (await fetched(caseName, name))?.version ?? null;
        const answer = await put<{ version: string }>(pathOf(caseName, name), { picture: text, version });
        version = answer.version;
        last = text;
        desk.saved.set(canonicalOf(pictureOf(desk)) === last ? "saved" : "waiting");
      } catch (error) {
        const refusal = asRefusal(error);
        if (refusal.status === 409) desk.saved.set("conflict");
        else {
          desk.saved.set("failed");
          desk.fault.set(refusal);
          // What was not saved is saved when the server is back.
          if (connection.get() !== "there") void isBack().then(() => send());
        }
      } finally {
        sending = null;
      }
    })();
    return sending;
  };
  const end = desk.history.watch(() => {
    if (desk.saved.get() === "conflict") return;
    desk.saved.set("waiting");
    clearTimeout(timer);
    timer = setTimeout(() => void send(), PAUSE_MS);
  });
  const leave = (event: BeforeUnloadEvent): void => {
    if (!["waiting", "saving"].includes(desk.saved.get())) return;
    void send();
    event.preventDefault();
  };
  addEventListener("beforeunload", leave);
  return {
    now: () => send(),
    overwrite: () => send(true),
    takeTheirs: async () => {
      const theirs = await fetched(caseName, name);
      version = theirs?.version ?? null;
      lay(desk, theirs === null ? emptyPicture() : readPicture(readJson(theirs.picture)));
      clearTimeout(timer);
      last = canonicalOf(pictureOf(desk));
      desk.saved.set("saved");
    },
    end: () => {
      end();
      clearTimeout(timer);
      removeEventListener("beforeunload", leave);
      if (desk.saved.get() === "waiting") void send();
    },
  };
}

function keepHere(desk: Desk, name: string): Keeper {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await writeScratch(name, canonicalOf(pictureOf(desk)));
  };
  const end = desk.history.watch(() => {
    clearTimeout(timer);
    timer = setTimeout(() => void now(), PAUSE_MS);
  });
  return {
    now,
    overwrite: now,
    takeTheirs: now,
    end: () => {
      end();
      if (timer !== undefined) void now();
    },
  };
}

export function listed(caseName: string): Promise<{ pictures: Listed[] }> {
  return get(`/api/cases/${encodeURIComponent(caseName)}/pictures`);
}

/** Puts a picture on a case under a new name, as when a scratch canvas becomes part of a case. */
export async function keepAs(caseName: string, name: string, picture: Picture): Promise<void> {
  await put(pathOf(caseName, name), { picture: canonicalOf(picture), version: null });
}

export interface Snapshot {
  entry: number;
  says: { id: string };
}

/** Journals the picture as it is kept, as an exhibit of the case. */
export function snapshot(caseName: string, name: string, svg: string, text: string): Promise<Snapshot> {
  return post(`${pathOf(caseName, name)}/snapshots`, { svg, text });
}

function pathOf(caseName: string, name: string): string {
  return `/api/cases/${encodeURIComponent(caseName)}/pictures/${encodeURIComponent(name)}`;
}
