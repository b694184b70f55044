import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Link, to } from "../router";
import { t } from "../texts";

export interface TagChipProps {
  label: string;
  category?: string | null;
  source?: string | null;
  /** Leads to the tag where it is known. */
  id?: string | number | null;
}

/** A tag: somebody's assertion, so its outline is dotted. */
export function TagChip({ label, category, source, id }: TagChipProps): JSX.Element {
  const inside = (
    <>
      <bdi class="chip-label">{visible(label)}</bdi>
      {category != null && category !== "" && <span class="chip-kind">{visible(category)}</span>}
    </>
  );
  const title = source ? t("shell.tag_by", { source: visible(source) }) : undefined;
  return id == null ? (
    <span class="chip chip-tag" title={title}>{inside}</span>
  ) : (
    <Link class="chip chip-tag" title={title} to={to("/tag/:id", { id: String(id) })}>{inside}</Link>
  );
}
