import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { formatBtc, type Sat } from "../../shared/money";
import { visible } from "../../shared/text";
import { DASHES, type BasisKind } from "../parts/Basis";
import { Figure } from "../parts/Figure";
import { Link, to } from "../router";
import { t, tn } from "../texts";
import type { FlowLink, FlowNode, PartyFlow } from "./answer";
import { ruleName, typeName } from "./names";
import { drawn, type Bar } from "./sankey";

/** Who passed how much to whom under a rule, as bands; and what no band can show. */
export function Sankey({ flow, forward }: { flow: PartyFlow; forward: boolean }): JSX.Element {
  const { width, height, bars, bands } = useMemo(() => drawn(flow), [flow]);
  const title = t("trace.sankey.title", { rule: ruleName(flow.rule) });
  const rows = [...flow.links, ...flow.back].map((link) => [
    plainName(flow.nodes[link.from], forward),
    plainName(flow.nodes[link.to], forward),
    link.value_sat,
    link.basis,
  ]);
  return (
    <>
      <Figure
        name={`flow-${flow.rule}`}
        title={title}
        desc={t("trace.sankey.desc")}
        table={{
          columns: [t("trace.sankey.from"), t("trace.sankey.to"), t("shell.sat"), t("trace.table.basis")],
          rows,
          numeric: [2],
        }}
      >
        {bars.length === 0 ? (
          <p class="quiet">{t("trace.sankey.nothing")}</p>
        ) : (
          <svg class="sankey" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="group" aria-label={title}>
            <g class="sankey-bands">
              {bands.map((band, index) => (
                <path
                  key={index}
                  class={`sankey-band sankey-${band.to.kind}`}
                  d={band.path}
                  stroke-dasharray={DASHES[band.basis as BasisKind] ?? ""}
                >
                  <title>{`${plainName(band.from, forward)} → ${plainName(band.to, forward)}: ${formatBtc(band.sat)} BTC`}</title>
                </path>
              ))}
            </g>
            {bars.map((bar) => (
              <BarOf key={bar.index} bar={bar} forward={forward} />
            ))}
          </svg>
        )}
      </Figure>
      <p class="quiet">{t("trace.sankey.note")}</p>
      <Unseen flow={flow} forward={forward} />
    </>
  );
}

function BarOf({ bar, forward }: { bar: Bar; forward: boolean }): JSX.Element {
  const x = bar.left ? bar.x - 5 : bar.x + bar.width + 5;
  const y = bar.y + bar.height / 2;
  const name = plainName(bar.node, forward);
  const inside = (
    <>
      <rect class={`sankey-bar sankey-${bar.node.kind}`} x={bar.x} y={bar.y} width={bar.width} height={bar.height}>
        <title>{`${name}: ${formatBtc(bar.sat)} BTC`}</title>
      </rect>
      <text class="sankey-name" x={x} y={y} text-anchor={bar.left ? "end" : "start"} dominant-baseline="middle">
        <tspan>{shortName(name)}</tspan>
        <tspan class="sankey-sat" dx="6">{formatBtc(bar.sat)}</tspan>
      </text>
    </>
  );
  const address = addressOf(bar.node);
  return address === null ? <g>{inside}</g> : <Link to={address}>{inside}</Link>;
}

/** What flows back to a party further left, or moves within one: no band shows it. */
function Unseen({ flow, forward }: { flow: PartyFlow; forward: boolean }): JSX.Element | null {
  if (flow.back.length + flow.within.length === 0) return null;
  return (
    <details class="trace-limits">
      <summary>{t("trace.sankey.unseen")}</summary>
      <ul>
        {flow.back.map((link: FlowLink, index) => (
          <li key={`b${index}`}>
            {t("trace.sankey.back", { from: plainName(flow.nodes[link.from], forward), to: plainName(flow.nodes[link.to], forward), amount: btc(link.value_sat) })}
          </li>
        ))}
        {flow.within.map((each, index) => (
          <li key={`w${index}`}>{t("trace.sankey.within", { party: plainName(flow.nodes[each.node], forward), amount: btc(each.value_sat) })}</li>
        ))}
      </ul>
    </details>
  );
}

const btc = (sat: Sat): string => `${formatBtc(sat)} BTC`;

/** A party's name in plain text. */
export function plainName(node: FlowNode | undefined, forward: boolean): string {
  if (node === undefined) return "";
  switch (node.kind) {
    case "seeds":
      if (node.name !== "") return visible(node.name);
      return forward ? t("trace.sankey.seeds") : t("trace.sankey.targets");
    case "wallets":
      return tn("trace.sankey.wallets", node.count);
    case "end":
      return typeName(node.name);
    default:
      return visible(node.name);
  }
}

function shortName(name: string): string {
  return name.length <= 26 || name.includes(" ") ? name.slice(0, 40) : `${name.slice(0, 10)}…${name.slice(-8)}`;
}

function addressOf(node: FlowNode): string | null {
  if (node.kind === "wallet") return to("/cluster/:address", { address: node.name });
  if (node.kind === "service" && node.party !== null) return to("/service/:party", { party: node.party });
  return null;
}
