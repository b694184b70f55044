import type { JSX } from "preact";
import { formatBtc, formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { Amount } from "../parts/Amount";
import { DataTable } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { Figure } from "../parts/Figure";
import { Notice } from "../parts/Notice";
import { Facts, Section } from "../parts/Page";
import { t } from "../texts";
import type { NullAnswer, NullDestination } from "./answer";
import { btcCell, percent, ruleName } from "./names";
import { Walked } from "./Summary";
import { Partly } from "./Working";

const WIDTH = 1120;
const NAMES = 260;
const ROW = 34;
const TOP = 34;

/** How often money drawn at random came to the same place: drawn and explained. */
export function NullResult({ answer }: { answer: NullAnswer }): JSX.Element {
  const { matching, destinations } = answer;
  const first = destinations[0];
  return (
    <Section title={t("trace.null.title")} note={t("trace.null.note")}>
      <Partly answer={answer} bounds />
      {first === undefined ? (
        <Empty>{t("trace.null.none")}</Empty>
      ) : (
        <>
          {answer.draws > 0 && <Notice kind="info" title={t("trace.null.in_words")}>{sentence(first, answer)} {t("trace.null.caveat")}</Notice>}
          <Drawn answer={answer} />
          <DataTable
            name="null-controls"
            caption={t("trace.null.title")}
            columns={[
              { id: "destination", title: t("trace.table.destination"), cell: (row) => <bdi>{visible(row.destination)}</bdi>, key: (row) => row.destination },
              { id: "arrived", title: t("trace.null.arrived"), numeric: true, cell: (row) => <Amount bare sat={row.arrived_sat} />, key: (row) => BigInt(row.arrived_sat), text: (row) => btcCell(row.arrived_sat) },
              { id: "share", title: t("trace.null.share"), numeric: true, cell: (row) => percent(row.share), key: (row) => row.share, text: (row) => percent(row.share) },
              { id: "median", title: t("trace.null.median"), numeric: true, cell: (row) => percent(row.null.share.median), key: (row) => row.null.share.median, text: (row) => percent(row.null.share.median) },
              { id: "range", title: t("trace.null.range"), numeric: true, cell: range, text: range },
              {
                id: "as_much",
                title: t("trace.null.as_much"),
                numeric: true,
                cell: (row) => asMuch(row),
                key: (row) => row.null.draws_with_as_much.count,
                text: asMuch,
              },
              { id: "reaching", title: t("trace.null.reaching"), numeric: true, cell: (row) => t("trace.null.of", { count: row.reaching_seeds, of: matching.seeds }), key: (row) => row.reaching_seeds },
              {
                id: "drawn",
                title: t("trace.null.drawn_reaching"),
                numeric: true,
                cell: (row) => interval(row.null.seeds_reaching),
                key: (row) => row.null.seeds_reaching.share,
                text: (row) => interval(row.null.seeds_reaching),
              },
            ]}
            rows={destinations}
            rowKey={(row) => row.destination}
          />
        </>
      )}
      <h3 class="trace-scope">{t("trace.null.how")}</h3>
      <Walked answer={answer} />
      <Facts
        of={[
          { name: t("trace.rules.one"), value: ruleName(answer.rule) },
          { name: t("trace.null.draws"), value: t("trace.null.of", { count: answer.draws, of: answer.draws_asked }) },
          { name: t("trace.limit.number"), value: String(answer.number) },
          { name: t("trace.null.candidates"), value: t("trace.null.candidates_of", { all: matching.candidates_distinct, median: matching.candidates_median, least: matching.candidates_least }) },
          { name: t("trace.null.window"), value: t("trace.null.window_of", { median: matching.window_blocks_median, most: matching.window_blocks_most, factor: matching.value_factor_most }) },
          { name: t("trace.null.unmatched"), value: formatCount(matching.without_match) },
        ]}
      />
    </Section>
  );
}

function sentence(found: NullDestination, answer: NullAnswer): string {
  return t("trace.null.sentence", {
    share: percent(found.share),
    end: visible(found.destination),
    draws: answer.draws,
    reached: interval(found.null.draws_reaching),
    median: percent(found.null.share.median),
    as_much: found.null.draws_with_as_much.count,
  });
}

const range = (row: NullDestination): string =>
  t("trace.null.from_to", { low: percent(row.null.share.low), high: percent(row.null.share.high) });
const asMuch = (row: NullDestination): string =>
  t("trace.null.of", { count: row.null.draws_with_as_much.count, of: row.null.draws });
const interval = (counted: { share: number | null; low: number; high: number }): string =>
  `${percent(counted.share)} [${percent(counted.low)}, ${percent(counted.high)}]`;

/** Each destination's share beside those of the draws. */
function Drawn({ answer }: { answer: NullAnswer }): JSX.Element {
  const rows = answer.destinations.slice(0, 40);
  const height = TOP + ROW * rows.length + 10;
  const x = (at: number): number => NAMES + Math.min(1, at) * (WIDTH - NAMES - 30);
  return (
    <>
      <Figure
        name="null-controls"
        title={t("trace.null.figure")}
        desc={t("trace.null.desc")}
        table={{
          columns: [t("trace.table.destination"), t("trace.null.share"), ...["least", "low", "median", "high", "most"].map((each) => t(`trace.null.drawn_${each}`))],
          rows: rows.map((row) => [
            row.destination,
            percent(row.share, 3),
            ...(["least", "low", "median", "high", "most"] as const).map((each) => percent(row.null.share[each], 3)),
          ]),
          numeric: [1, 2, 3, 4, 5, 6],
        }}
      >
        <svg class="ranges" viewBox={`0 0 ${WIDTH} ${height}`} width={WIDTH} height={height} role="img" aria-label={t("trace.null.figure")}>
          {[0, 0.25, 0.5, 0.75, 1].map((at) => (
            <g key={at}>
              <line class="ranges-grid" x1={x(at)} x2={x(at)} y1={TOP - 8} y2={height - 4} />
              <text class="ranges-tick" x={x(at)} y={TOP - 14} text-anchor="middle">{percent(at, 0)}</text>
            </g>
          ))}
          {rows.map((row, index) => {
            const y = TOP + ROW * index + ROW / 2;
            const { least, low, median, high, most } = row.null.share;
            return (
              <g key={row.destination}>
                <text class="ranges-name" x={NAMES - 10} y={y + 4} text-anchor="end">{visible(row.destination).slice(0, 34)}</text>
                {median !== null && (
                  <g class="ranges-bound ranges-transaction">
                    <line class="ranges-thin" x1={x(least ?? 0)} x2={x(most ?? 0)} y1={y} y2={y} />
                    <rect class="ranges-box" x={x(low ?? 0)} width={Math.max(1, x(high ?? 0) - x(low ?? 0))} y={y - 6} height={12} />
                    <line x1={x(median)} x2={x(median)} y1={y - 9} y2={y + 9} />
                    <title>{range(row)}</title>
                  </g>
                )}
                <g class="ranges-mark">
                  <path class="ranges-symbol ranges-real" d={`M${x(row.share)},${y - 8}l8,8l-8,8l-8,-8z`} />
                  <title>{`${visible(row.destination)}: ${percent(row.share, 2)} (${formatBtc(row.arrived_sat)} BTC)`}</title>
                </g>
              </g>
            );
          })}
        </svg>
      </Figure>
      <p class="quiet">{t("trace.null.key")}</p>
    </>
  );
}
