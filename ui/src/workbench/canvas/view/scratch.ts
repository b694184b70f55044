/** Pictures of no case, kept in this browser alone. */

const BASE = "peelchain";
const STORE = "pictures";

/** The text of a picture, or null where there is none or the browser keeps nothing. */
export async function readScratch(name: string): Promise<string | null> {
  const base = await opened();
  if (base === null) return null;
  const found = await settled(base.transaction(STORE).objectStore(STORE).get(name));
  base.close();
  return typeof found === "string" ? found : null;
}

export async function writeScratch(name: string, text: string): Promise<void> {
  const base = await opened();
  if (base === null) return;
  await settled(base.transaction(STORE, "readwrite").objectStore(STORE).put(text, name));
  base.close();
}

async function opened(): Promise<IDBDatabase | null> {
  try {
    const request = indexedDB.open(BASE, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
    return (await settled(request)) as IDBDatabase;
  } catch {
    return null;
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T | null> {
  return new Promise((resolve) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => resolve(null));
  });
}
