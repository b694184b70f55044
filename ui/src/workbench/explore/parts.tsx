/** What the pages of the chain share. */

import type { ComponentChildren, JSX } from "preact";
import { visible } from "../../shared/text";
import { Basis } from "../parts/Basis";
import { BlockLink, ClusterLink, Hash, ServiceLink } from "../parts/Hash";
import { TagChip } from "../parts/TagChip";
import { Link, to } from "../router";
import { useSettings } from "../settings";
import { t, tn } from "../texts";
import type { Measured, Other, Party, Service, Stamp, TagLine } from "./types";

/** The chosen currency for questions to the server; undefined for bitcoin. */
export function useCurrency(): string | undefined {
  const { unit } = useSettings();
  return unit === "BTC" ? undefined : unit;
}

/** Where an answer comes from: the tip of the chain, the policy and the run of its clusters. */
export function Footing({ of }: { of: Stamp }): JSX.Element {
  return (
    <p class="footing quiet">
      {t("explore.footing.tip")} <BlockLink block={of.tip_height} /> <Hash text={of.tip_hash} copy />
      {of.policy !== null && (
        <>
          {" · "}
          {t("explore.footing.policy")} <Hash text={of.policy} />
        </>
      )}
      {of.run_id !== null ? (
        <>
          {" · "}
          {t("explore.footing.run")} <Hash text={of.run_id} />
        </>
      ) : (
        <> · {t("explore.footing.made_now")}</>
      )}
    </p>
  );
}

/** Ways on from a node: to the canvas, of the current case if there is one. */
export function CanvasLink({ node }: { node: string }): JSX.Element {
  const { currentCase } = useSettings();
  const address =
    currentCase === null
      ? to("/canvas", {}, { add: node })
      : to("/case/:case/canvas", { case: currentCase }, { add: node });
  return <Link class="button" to={address}>{t("explore.show_on_canvas")}</Link>;
}

export function TraceLink({ seed }: { seed: string }): JSX.Element {
  return <Link class="button" to={to("/trace", {}, { seed })}>{t("explore.trace_from_here")}</Link>;
}

export function Chips({ tags, count, of }: { tags: readonly TagLine[]; count: number; of?: string | null }): JSX.Element | null {
  if (tags.length === 0) return null;
  const more = count - tags.length;
  return (
    <span class="chips">
      {tags.map((tag) => (
        <TagChip key={tag.tag_id} label={tag.label} category={tag.category} source={tag.source} id={tag.tag_id} />
      ))}
      {more > 0 && of != null && <Link to={to("/tag/:id", { id: of })}>{tn("explore.more_tags", more)}</Link>}
    </span>
  );
}

/** A service by its tags. */
export function ServiceChip({ of }: { of: Service }): JSX.Element {
  return (
    <span class="chip chip-tag" title={t("explore.service_by_tag", { tag: of.tag_id })}>
      <ServiceLink party={of.party} label={of.label} />
      {of.category !== null && <span class="chip-kind">{visible(of.category)}</span>}
    </span>
  );
}

/** Another party: its service if tags name one, and its cluster. */
export function OtherParty({ of }: { of: Other }): JSX.Element {
  return (
    <span class="party">
      {of.service !== null && <ServiceChip of={of.service} />}
      <ClusterLink cluster={of.cluster} />
    </span>
  );
}

/** Service, tags and cluster of one input or output. */
export function Whose({ of }: { of: Party }): JSX.Element {
  const shared = of.cluster !== null && of.cluster_scripts !== 1;
  return (
    <span class="party">
      {of.service !== null && <ServiceChip of={of.service} />}
      <Chips tags={of.tags.filter((tag) => tag.label !== of.service?.label)} count={of.tags.length} of={of.name} />
      {shared && of.cluster !== null && (
        <span class="quiet">
          {t("explore.cluster")} <ClusterLink cluster={of.cluster} />
          {of.cluster_scripts !== null && <> ({tn("explore.scripts", of.cluster_scripts)})</>}
        </span>
      )}
    </span>
  );
}

/** "0.9871 (0.9712 to 0.9990), 12 economies, simulated" */
export function MeasuredError({ of }: { of: Measured | null }): JSX.Element {
  if (of === null || of.precision === null) return <span class="quiet">{t("explore.not_measured")}</span>;
  const interval =
    of.precision_low === null || of.precision_high === null
      ? ""
      : ` (${share(of.precision_low, false)}–${share(of.precision_high, true)})`;
  return (
    <span class="numeric">
      {share(of.precision, false)}
      {interval}{" "}
      <span class="quiet">
        {t("explore.right_of", { unit: of.unit })} · {visible(of.data)} · {basisOfData(of.basis)}
      </span>
    </span>
  );
}

/** A share with four digits, rounded down, or up for an upper limit. */
export function share(value: number, up: boolean): string {
  // The shortest text of the number is what was meant: 0.9 stays 0.9000.
  const scaled = Number((value * 10_000).toPrecision(12));
  return ((up ? Math.ceil(scaled) : Math.floor(scaled)) / 10_000).toFixed(4);
}

function basisOfData(basis: string): string {
  if (basis === "field") return t("explore.measured.field");
  return basis === "real" ? t("explore.measured.real") : t("explore.measured.simulated");
}

/** A block of text that comes from the chain or from users, inert. */
export function Inert({ text, code }: { text: string; code?: boolean }): JSX.Element {
  return <bdi class={code ? "code inert" : "inert"}>{visible(text)}</bdi>;
}

export function WithBasis({ of, rule, children }: { of: string; rule?: string; children: ComponentChildren }): JSX.Element {
  return (
    <span class="with-basis">
      {children} <Basis of={of} rule={rule ?? null} />
    </span>
  );
}
