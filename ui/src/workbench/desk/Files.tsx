import type { JSX } from "preact";
import { download } from "../files";
import { Button } from "../parts/Button";

/** Files of a case, each to be saved. */
export function Files({ name, files }: { name: string; files: readonly string[] }): JSX.Element {
  return (
    <span class="row-actions">
      {files.map((file) => (
        <Button key={file} small icon="download" onClick={() => download(name, file)}>
          {file.replace(/^.*\//, "")}
        </Button>
      ))}
    </span>
  );
}
