import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { useGet } from "../load";
import { Button } from "../parts/Button";
import { SelectField, TextField } from "../parts/Field";
import { t } from "../texts";
import { api } from "./address";
import { kindOf } from "./pointing";
import type { Glance, ReportSummary } from "./types";

/** What can be pointed at by a short name: hypotheses, exhibits, parties of the report, entries. */
export function usePointers(name: string, glance: Glance): { value: string; label: string }[] {
  const report = useGet<ReportSummary>(glance.reports.length > 0 ? api(name, "/report") : null);
  return useMemo(() => {
    const sums = [...(report.data?.by_service.inflows ?? []), ...(report.data?.by_service.outflows ?? [])];
    const parties = new Map(sums.map((sum) => [sum.entity, sum.label]));
    return [
      ...glance.hypotheses.map((h) => ({ value: h.id, label: `${h.id} · ${short(h.text)}` })),
      ...glance.exhibits.map((e) => ({ value: e.id, label: `${e.id} · ${short(e.text)}` })),
      ...[...parties].map(([value, label]) => ({ value, label: `${value} · ${short(label)}` })),
      ...glance.notes.map((n) => ({ value: `#${n.entry}`, label: `#${n.entry} · ${short(n.text)}` })),
      ...glance.runs.map((r) => ({ value: `#${r.entry}`, label: `#${r.entry} · ${t("case.kind.run")}` })),
    ];
  }, [glance, report.data]);
}

/** Picks what something is about: by name, or from what the case has. */
export function ReferenceField(props: {
  label: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  pointers: readonly { value: string; label: string }[];
}): JSX.Element {
  const { value, onChange, pointers } = props;
  const [text, setText] = useState("");
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  const strange = words.find((word) => kindOf(word) === null);
  const add = (): void => {
    if (words.length === 0 || strange !== undefined) return;
    onChange([...new Set([...value, ...words])]);
    setText("");
  };
  return (
    <div
      class="reference-field"
      onKeyDown={(event) => {
        if (event.key !== "Enter" || text === "") return;
        event.preventDefault();
        add();
      }}
    >
      <div class="fields">
        <TextField
          label={props.label}
          value={text}
          onInput={setText}
          code
          hint={t("case.about.hint")}
          error={strange === undefined ? null : t("case.about.strange", { text: visible(strange) })}
        />
        {pointers.length > 0 && (
          <SelectField
            label={t("case.about.pick")}
            value=""
            onChange={(picked) => picked !== "" && onChange([...new Set([...value, picked])])}
            choices={[{ value: "", label: t("case.about.choose") }, ...pointers.map((p) => ({ value: p.value, label: visible(p.label) }))]}
          />
        )}
        <Button icon="add" disabled={words.length === 0 || strange !== undefined} onClick={add}>{t("case.about.add")}</Button>
      </div>
      {value.length > 0 && (
        <ul class="picked" aria-label={props.label}>
          {value.map((each) => (
            <li key={each}>
              <span class="chip"><bdi class="hash">{visible(each)}</bdi></span>
              <Button
                quiet
                small
                icon="close"
                label={t("case.about.remove", { what: visible(each) })}
                onClick={() => onChange(value.filter((other) => other !== each))}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function short(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
