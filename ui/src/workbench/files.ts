/** Files to the server and from it. */

import { headers, post, Refusal } from "./api";
import { readJson } from "./json";

export interface Upload {
  upload: string;
  name: string;
  bytes: number;
  sha256: string;
}

/** Sends a file; tells how much of it has gone, 0 to 1. Throws Refusal. */
export function upload(file: File, onProgress?: (share: number) => void): Promise<Upload> {
  // fetch does not tell how much of a body has gone.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/uploads?name=${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    });
    request.addEventListener("error", () =>
      reject(new Refusal("the server does not answer", "gone", 0)),
    );
    request.addEventListener("load", () => {
      let said: Partial<Upload> & { error?: string; kind?: string } = {};
      try {
        said = readJson(request.responseText) as typeof said;
      } catch {
        said = { error: request.responseText.slice(0, 500) };
      }
      if (request.status < 300) resolve(said as Upload);
      else reject(new Refusal(said.error ?? request.statusText, said.kind ?? "refused", request.status));
    });
    request.send(file);
  });
}

/** Has the browser save a file of a case, by an address that works once. Throws Refusal. */
export async function download(caseName: string, file: string): Promise<void> {
  const path = `/api/cases/${encodeURIComponent(caseName)}/tickets`;
  const { url } = await post<{ url: string }>(path, { file });
  follow(url, file.replace(/^.*\//, ""));
}

/** Has the browser save the file of a ticket that POST `path` gives. Throws Refusal. */
export async function followTicket(path: string, name: string): Promise<void> {
  const { url } = await post<{ url: string }>(path, {});
  follow(url, name);
}

/** Has the browser save what the page itself made. */
export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  follow(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}
