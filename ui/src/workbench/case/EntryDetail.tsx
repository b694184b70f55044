import type { JSX } from "preact";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { download } from "../files";
import { Loaded, useGet } from "../load";
import { Button } from "../parts/Button";
import { CopyButton } from "../parts/CopyButton";
import { Hash } from "../parts/Hash";
import { t } from "../texts";
import { api } from "./address";
import { visibleLines } from "./lines";
import type { JournalEntry } from "./types";

/** An entry as it stands in the journal: its body, whose signature, the files that it made. */
export function EntryDetail({ name, entry }: { name: string; entry: number }): JSX.Element {
  const asked = useGet<JournalEntry>(api(name, `/journal/${entry}`));
  return (
    <Loaded of={asked}>
      {(data) => {
        const body = JSON.stringify(data.body, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value), 2);
        return (
          <div class="entry-detail">
            {data.signer !== null && <p>{t("case.key.signer")} <Hash text={data.signer} copy /></p>}
            {data.outputs.length > 0 && (
              <ul class="files" aria-label={t("case.files")}>
                {data.outputs.map((file) => (
                  <li key={file.file}>
                    <bdi>{visible(file.name)}</bdi>{" "}
                    <span class="quiet">{file.size_bytes === null ? t("case.copy.missing") : t("case.bytes", { count: formatCount(file.size_bytes) })}</span>{" "}
                    <Hash text={file.sha256} copy />
                    {file.size_bytes !== null && (
                      <Button small icon="download" label={t("case.save", { file: file.name })} onClick={() => download(name, file.file)} />
                    )}
                  </li>
                ))}
              </ul>
            )}
            <p class="quiet">{t("case.journal.body")} <CopyButton text={body} /></p>
            <pre tabIndex={0} aria-label={t("case.journal.body")}><bdi>{visibleLines(body)}</bdi></pre>
          </div>
        );
      }}
    </Loaded>
  );
}
