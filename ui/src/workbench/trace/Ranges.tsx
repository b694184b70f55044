import type { JSX } from "preact";
import { formatBtc } from "../../shared/money";
import { Figure } from "../parts/Figure";
import { t } from "../texts";
import type { CompareAnswer } from "./answer";
import { endName, percent, ruleName, scopeName } from "./names";
import { rangeRows, together } from "./ranges";

const WIDTH = 1120;
const NAMES = 260;
const ROW = 34;
const TOP = 34;
const SYMBOLS = ["circle", "square", "diamond", "up", "down", "cross"] as const;

/** Bounds as lines from least to most, and what each rule says as a mark between. */
export function Ranges({ answer }: { answer: CompareAnswer }): JSX.Element {
  const rows = rangeRows(answer.destinations, answer.rules, answer.seeds_sat).slice(0, 60);
  const height = TOP + ROW * rows.length + 30;
  const x = (at: number): number => NAMES + at * (WIDTH - NAMES - 30);
  const rules = answer.rules.map((rule) => rule.rule);
  const symbol = (rule: string): string => {
    const scope = answer.rules.find((each) => each.rule === rule)?.scope;
    const own = answer.rules.filter((each) => each.scope === scope).map((each) => each.rule);
    return SYMBOLS[own.indexOf(rule) % SYMBOLS.length] ?? "circle";
  };
  return (
    <>
      <Figure
        name="bounds"
        title={t("trace.compare.figure")}
        desc={t("trace.compare.desc")}
        table={{
          columns: [t("trace.table.destination"), t("trace.compare.scope"), t("trace.compare.least_sat"), ...rules.map(ruleName), t("trace.compare.most_sat")],
          rows: rows.map(({ row, scope }) => [
            endName({ ...row, held: false }),
            scopeName(scope),
            row.bounds[scope]?.least_sat ?? null,
            ...rules.map((rule) => (answer.rules.find((r) => r.rule === rule)?.scope === scope ? (row.traced_sat[rule] ?? 0) : null)),
            row.bounds[scope]?.most_sat ?? null,
          ]),
          numeric: [2, ...rules.map((_, index) => index + 3), rules.length + 3],
        }}
      >
        <svg class="ranges" viewBox={`0 0 ${WIDTH} ${height}`} width={WIDTH} height={height} role="img" aria-label={t("trace.compare.figure")}>
          {[0, 0.25, 0.5, 0.75, 1].map((at) => (
            <g key={at}>
              <line class="ranges-grid" x1={x(at)} x2={x(at)} y1={TOP - 8} y2={height - 22} />
              <text class="ranges-tick" x={x(at)} y={TOP - 14} text-anchor="middle">{percent(at, 0)}</text>
            </g>
          ))}
          {rows.map((range, index) => {
            const y = TOP + ROW * index + ROW / 2;
            const name = endName({ ...range.row, held: false });
            const bound = range.row.bounds[range.scope] ?? null;
            return (
              <g key={`${range.row.destination} ${range.scope}`}>
                <text class="ranges-name" x={NAMES - 10} y={y - 1} text-anchor="end">{name.slice(0, 34)}</text>
                <text class="ranges-tick" x={NAMES - 10} y={y + 12} text-anchor="end">{scopeName(range.scope)}</text>
                {range.least !== null && range.most !== null && bound !== null ? (
                  <g class={`ranges-bound ranges-${range.scope}`}>
                    <line x1={x(range.least)} x2={x(range.most)} y1={y} y2={y} />
                    <line x1={x(range.least)} x2={x(range.least)} y1={y - 8} y2={y + 8} />
                    <line x1={x(range.most)} x2={x(range.most)} y1={y - 8} y2={y + 8} />
                    <title>{`${name}: ${formatBtc(bound.least_sat)} – ${formatBtc(bound.most_sat)} BTC`}</title>
                  </g>
                ) : (
                  <text class="ranges-tick" x={x(0) + 6} y={y + 4}>{t("trace.compare.unbounded")}</text>
                )}
                {together(range).map(({ at, rules: here }) => (
                  <g key={at} class="ranges-mark">
                    {here.map((rule) => (
                      <Mark key={rule} kind={symbol(rule)} x={x(at)} y={y} />
                    ))}
                    <title>{`${here.map(ruleName).join(", ")}: ${percent(at, 2)}`}</title>
                  </g>
                ))}
              </g>
            );
          })}
          <text class="ranges-tick" x={NAMES} y={height - 6}>{t("trace.compare.axis", { amount: formatBtc(answer.seeds_sat) })}</text>
        </svg>
      </Figure>
      <ul class="ranges-key" aria-label={t("trace.compare.key")}>
        {rules.map((rule) => (
          <li key={rule}>
            <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" class="icon-mark">
              <Mark kind={symbol(rule)} x={9} y={9} />
            </svg>{" "}
            {ruleName(rule)} <span class="quiet">{scopeName(answer.rules.find((each) => each.rule === rule)?.scope ?? "")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Mark({ kind, x, y }: { kind: string; x: number; y: number }): JSX.Element {
  const r = 5;
  switch (kind) {
    case "square":
      return <rect class="ranges-symbol" x={x - r} y={y - r} width={2 * r} height={2 * r} />;
    case "diamond":
      return <path class="ranges-symbol" d={`M${x},${y - r - 1}l${r + 1},${r + 1}l${-r - 1},${r + 1}l${-r - 1},${-r - 1}z`} />;
    case "up":
      return <path class="ranges-symbol" d={`M${x},${y - r - 1}l${r + 1},${2 * r}h${-2 * r - 2}z`} />;
    case "down":
      return <path class="ranges-symbol" d={`M${x},${y + r + 1}l${r + 1},${-2 * r}h${-2 * r - 2}z`} />;
    case "cross":
      return <path class="ranges-symbol" d={`M${x - r},${y - r}l${2 * r},${2 * r}m0,${-2 * r}l${-2 * r},${2 * r}`} />;
    default:
      return <circle class="ranges-symbol" cx={x} cy={y} r={r} />;
  }
}
