/** Server-sent events, read with fetch so that the request can carry the token in a header. */

/** Reads a text/event-stream to its end and tells each event's name and data. */
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
