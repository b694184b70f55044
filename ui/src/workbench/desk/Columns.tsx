import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { SelectField } from "../parts/Field";
import { t } from "../texts";
import type { Preview } from "./types";

export interface Wanted {
  field: string;
  label: string;
  required?: boolean;
}

/** Which column of an uploaded table is which field, with its first rows below. */
export function Columns(props: {
  of: Preview;
  fields: readonly Wanted[];
  mapping: Record<string, string>;
  onChange: (mapping: Record<string, string>) => void;
}): JSX.Element {
  const { of, fields, mapping, onChange } = props;
  return (
    <>
      <p class="quiet">{t("desk.columns.read", { encoding: of.encoding, delimiter: of.delimiter === "\t" ? "TAB" : of.delimiter })}</p>
      <div class="fields">
        {fields.map(({ field, label, required }) => (
          <SelectField
            key={field}
            label={label}
            required={required === true}
            value={mapping[field] ?? ""}
            choices={[{ value: "", label: t("desk.columns.none") }, ...of.headings.map((h) => ({ value: h, label: visible(h) }))]}
            onChange={(heading) => {
              const { [field]: _gone, ...rest } = mapping;
              onChange(heading === "" ? rest : { ...rest, [field]: heading });
            }}
          />
        ))}
      </div>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={t("desk.columns.preview")}>
        <table class="data">
          <caption class="unseen">{t("desk.columns.preview")}</caption>
          <thead><tr>{of.headings.map((heading, at) => <th key={at} scope="col"><bdi>{visible(heading)}</bdi></th>)}</tr></thead>
          <tbody>
            {of.rows.map((row, number) => (
              <tr key={number}>{row.map((cell, at) => <td key={at}><bdi>{visible(cell)}</bdi></td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** The columns that are named as their fields are: no need to choose these. */
export function guessed(of: Preview, fields: readonly Wanted[], also: Record<string, readonly string[]>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { field } of fields) {
    const words = [field, ...(also[field] ?? [])];
    const heading = of.headings.find((h) => words.includes(h.trim().toLowerCase()));
    if (heading !== undefined) found[field] = heading;
  }
  return found;
}
