import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBtc, formatFiat, type Sat } from "../../shared/money";
import { visible } from "../../shared/text";
import { Button } from "../parts/Button";
import { Figure } from "../parts/Figure";
import { navigate, to } from "../router";
import { useSettings } from "../settings";
import { t, tn } from "../texts";
import { grouped, heightOf, PAD, ribbon, side, sum, type Band, type End } from "./bowtie";
import type { Fiat, Party, Tx, TxInput, TxOutput } from "./types";

interface TieEnd extends End {
  name: string;
  /** The page of the address, or null where there is none. */
  to: string | null;
  /** Second line: type, tags, change. */
  said: string[];
  /** The transaction before or after. */
  onward: { to: string; text: string } | null;
  kind: "party" | "service" | "fee" | "rest" | "payload" | "coinbase";
  fiat: Fiat;
}

const WIDTH = 1080;
const LEFT = 390;
const RIGHT = 690;
const KNOT_LEFT = 496;
const KNOT_RIGHT = 584;
const MOST = 12;
const MOST_OPEN = 60;

/** A transaction as a bow-tie, with the same as a table. */
export function Bowtie({ tx }: { tx: Tx }): JSX.Element {
  const [open, setOpen] = useState(false);
  const { unit } = useSettings();
  const most = open ? MOST_OPEN : MOST;
  const ins = tx.inputs.map((input) => (tx.is_coinbase ? { ...inputEnd(input), value: tx.output_sat } : inputEnd(input)));
  const outs = tx.outputs.map(outputEnd);
  const left = collected(ins, most, tx.input_count - tx.inputs.length, missing(tx.input_sat, ins), "inputs");
  const right = collected(outs, most, tx.output_count - tx.outputs.length, missing(tx.output_sat, outs), "outputs");
  if (tx.fee_sat !== null && !tx.is_coinbase && BigInt(tx.fee_sat) > 0n) {
    right.push({
      id: "fee", value: tx.fee_sat, name: t("explore.tx.fee"), to: null, onward: null, kind: "fee", fiat: tx.fee_fiat,
      said: tx.fee_rate_sat_vb === null ? [] : [t("explore.tx.rate", { rate: tx.fee_rate_sat_vb })],
    });
  }
  const height = heightOf(left.length, right.length);
  const knot = Math.min(height - 2 * PAD, 40 + 24 * Math.max(left.length, right.length));
  const sides = { left: side(left, height, knot), right: side(right, height, knot) };
  const canOpen = tx.inputs.length > MOST || tx.outputs.length > MOST;
  const cells = (end: TieEnd, where: string): string[] => [
    where, end.name, end.value === null ? "" : formatBtc(end.value), end.said.join("; "),
  ];
  return (
    <Figure
      name={`transaction-${tx.txid.slice(0, 16)}`}
      title={t("explore.tx.bowtie")}
      desc={t("explore.tx.bowtie_desc", { inputs: tx.input_count, outputs: tx.output_count, btc: formatBtc(tx.output_sat) })}
      table={{
        columns: [t("explore.tx.side"), t("explore.tx.party"), "BTC", t("explore.tx.said")],
        rows: [
          ...left.map((end) => cells(end, t("explore.tx.input"))),
          ...right.map((end) => cells(end, end.kind === "fee" ? t("explore.tx.fee") : t("explore.tx.output"))),
        ],
        numeric: [2],
      }}
      actions={
        canOpen && (
          <Button small pressed={open} onClick={() => setOpen(!open)}>
            {open ? t("explore.tx.fewer") : t("explore.tx.more_ends")}
          </Button>
        )
      }
    >
      <svg class="bowtie" viewBox={`0 0 ${WIDTH} ${height}`} width={WIDTH} height={height} role="group" aria-label={t("explore.tx.bowtie")}>
        <text class="bowtie-head" x={LEFT} y={16} text-anchor="end">{tn("explore.tx.inputs", tx.input_count)}</text>
        <text class="bowtie-head" x={RIGHT} y={16}>{tn("explore.tx.outputs", tx.output_count)}</text>
        {sides.left.bands.map((band) => (
          <path key={`l${band.end.id}`} class={`ribbon ribbon-in ribbon-${band.end.kind}`} d={ribbon(band, LEFT + 10, KNOT_LEFT)} />
        ))}
        {sides.right.bands.map((band) => (
          <path key={`r${band.end.id}`} class={`ribbon ribbon-out ribbon-${band.end.kind}`} d={ribbon(band, RIGHT - 10, KNOT_RIGHT)} />
        ))}
        <rect class="knot" x={KNOT_LEFT} y={(height - knot) / 2} width={KNOT_RIGHT - KNOT_LEFT} height={knot} rx={4} />
        <text class="knot-text" x={(KNOT_LEFT + KNOT_RIGHT) / 2} y={height / 2 - 4} text-anchor="middle">{tx.txid.slice(0, 8)}…</text>
        <text class="knot-text quiet-text" x={(KNOT_LEFT + KNOT_RIGHT) / 2} y={height / 2 + 14} text-anchor="middle">{tx.time_utc.slice(0, 10)}</text>
        {sides.left.bands.map((band) => <Row key={`li${band.end.id}`} band={band} side="left" unit={unit} />)}
        {sides.right.bands.map((band) => <Row key={`ri${band.end.id}`} band={band} side="right" unit={unit} />)}
      </svg>
    </Figure>
  );
}

function Row({ band, side: at, unit }: { band: Band<TieEnd>; side: "left" | "right"; unit: string }): JSX.Element {
  const { end, y } = band;
  const x = at === "left" ? LEFT : RIGHT;
  const anchor = at === "left" ? "end" : "start";
  const amount = amountText(end.value, end.fiat, unit);
  const second = [amount, ...end.said].join(" · ");
  return (
    <g class={`tie-end tie-${end.kind}`}>
      <title>{`${end.name} · ${second}`}</title>
      {end.to === null ? (
        <text class="tie-name" x={x} y={y + 19} text-anchor={anchor}>{shortened(end.name, 40)}</text>
      ) : (
        <SvgLink to={end.to} label={`${end.name}, ${second}`}>
          <text class="tie-name" x={x} y={y + 19} text-anchor={anchor}>{shortened(end.name, 40)}</text>
        </SvgLink>
      )}
      <text class="tie-said" x={x} y={y + 36} text-anchor={anchor}>{shortened(second, 58)}</text>
      {end.onward !== null && (
        <SvgLink to={end.onward.to} label={end.onward.text}>
          <rect class="tie-hit" x={at === "left" ? 0 : WIDTH - 28} y={y + 9} width={28} height={28} rx={4} />
          <text class="tie-arrow" x={at === "left" ? 14 : WIDTH - 14} y={y + 29} text-anchor="middle">{at === "left" ? "←" : "→"}</text>
        </SvgLink>
      )}
    </g>
  );
}

/** A link within a drawing. */
export function SvgLink({ to: address, label, children }: { to: string; label: string; children: preact.ComponentChildren }): JSX.Element {
  return (
    <a
      href={address}
      aria-label={label}
      onClick={(event: MouseEvent) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(address);
      }}
    >
      {children}
    </a>
  );
}

function collected(ends: TieEnd[], most: number, unasked: number, unaskedSat: bigint | null, what: "inputs" | "outputs"): TieEnd[] {
  const { shown, rest } = grouped(ends, unasked > 0 ? most - 1 : most);
  const count = rest.length + unasked;
  if (count === 0) return shown;
  const value = unaskedSat === null ? null : sum(rest) + unaskedSat;
  return [
    ...shown,
    {
      id: "rest", value, to: null, onward: null, kind: "rest", fiat: null, said: [],
      name: what === "inputs" ? tn("explore.tx.rest_inputs", count) : tn("explore.tx.rest_outputs", count),
    },
  ];
}

/** What the ends that were not asked for add up to. */
function missing(total: Sat | null, here: readonly End[]): bigint | null {
  return total === null ? null : BigInt(total) - sum(here);
}

function inputEnd(input: TxInput): TieEnd {
  const common = { id: String(input.vin), value: input.value_sat, fiat: input.fiat };
  if (input.state === "coinbase") {
    return { ...common, name: t("explore.tx.coinbase"), to: null, onward: null, kind: "coinbase", said: [] };
  }
  return {
    ...common,
    name: input.name === null ? t("explore.tx.not_fetched") : nameOf(input),
    to: input.name === null ? null : to("/address/:address", { address: input.name }),
    kind: input.service === null ? "party" : "service",
    said: saidOf(input, input.script_type),
    onward: input.prevout === null ? null : onward(input.prevout, t("explore.tx.previous")),
  };
}

function outputEnd(output: TxOutput): TieEnd {
  const change = output.change?.probability;
  const said = saidOf(output, output.script_type);
  if (change != null) said.push(t("explore.tx.change_short", { percent: percent(change) }));
  if (output.spent_by === null && output.payload === null) said.push(t(output.spend === "not_fetched" ? "explore.tx.spender_unknown" : "explore.tx.unspent"));
  return {
    id: String(output.vout),
    value: output.value_sat,
    fiat: output.fiat,
    name: output.payload === null ? nameOf(output) : t("explore.tx.payload", { bytes: output.payload.bytes }),
    to: output.name === null || output.payload !== null ? null : to("/address/:address", { address: output.name }),
    kind: output.payload !== null ? "payload" : output.service === null ? "party" : "service",
    said,
    onward: output.spent_by === null ? null : onward(output.spent_by, t("explore.tx.next")),
  };
}

function onward(place: string, text: string): { to: string; text: string } {
  const txid = place.split(":")[0] ?? "";
  return { to: to("/tx/:txid", { txid }), text: `${text} ${txid.slice(0, 8)}…` };
}

function nameOf(of: Party): string {
  const name = of.name ?? "";
  const short = name.length > 24 ? `${name.slice(0, 10)}…${name.slice(-8)}` : name;
  return of.service === null ? short : `${visible(of.service.label)} (${short})`;
}

function saidOf(of: Party, type: string | null): string[] {
  const said = type === null ? [] : [type];
  const tag = of.tags.find((each) => each.label !== of.service?.label);
  if (tag !== undefined) said.push(visible(tag.label));
  if (of.cluster_scripts !== null && of.cluster_scripts > 1) said.push(tn("explore.scripts_in_cluster", of.cluster_scripts));
  return said;
}

/** 0.1234 as "12"; what is not wholly sure is never 0 or 100. */
export function percent(probability: number): string {
  if (probability > 0.99 && probability < 1) return "> 99";
  if (probability < 0.01 && probability > 0) return "< 1";
  return String(Math.round(probability * 100));
}

function amountText(value: Sat | null, fiat: Fiat, unit: string): string {
  if (value === null) return t("explore.tx.unknown_amount");
  const worth = unit === "BTC" ? undefined : fiat?.[unit];
  return worth == null ? `${formatBtc(value)} BTC` : `${formatFiat(worth)} ${unit}`;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

