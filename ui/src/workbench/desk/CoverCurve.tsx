import type { JSX } from "preact";
import { Figure } from "../parts/Figure";
import { t } from "../texts";
import type { Plan } from "./types";

const WIDTH = 640;
const HEIGHT = 200;
const LEFT = 44;
const FOOT = 28;

/** How much each further request adds: a curve of the share covered. */
export function CoverCurve({ name, of }: { name: string; of: Plan }): JSX.Element | null {
  if (of.steps.length === 0) return null;
  const whole = Number(of.weight) || 1;
  const x = (at: number): number => LEFT + ((WIDTH - LEFT - 8) * at) / of.steps.length;
  const y = (share: number): number => 8 + (HEIGHT - FOOT - 8) * (1 - share);
  const points = [[x(0), y(0)], ...of.steps.map((step, at) => [x(at + 1), y(Number(step.sum) / whole)])];
  const asked = y(Number(of.needed) / whole);
  return (
    <Figure
      name={`${name}-plan`}
      title={t("desk.requests.curve")}
      desc={t("desk.requests.curve_desc", { count: of.steps.length, planned: of.services.length })}
      table={{
        columns: ["#", t("case.col.service"), t("desk.requests.share_of")],
        rows: of.steps.map((step, at) => [at + 1, step.label, step.share]),
        numeric: [0, 2],
      }}
    >
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={t("desk.requests.curve")} class="cover-curve">
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line x1={LEFT} x2={WIDTH - 8} y1={y(share)} y2={y(share)} class="chart-grid" stroke="currentColor" stroke-opacity="0.25" />
            <text x={LEFT - 6} y={y(share) + 4} text-anchor="end" font-size="12" fill="currentColor">{share * 100} %</text>
          </g>
        ))}
        <line x1={LEFT} x2={WIDTH - 8} y1={asked} y2={asked} stroke="currentColor" stroke-dasharray="6 4" />
        <polyline points={points.map((p) => p.map((v) => (v ?? 0).toFixed(1)).join(",")).join(" ")} fill="none" stroke="currentColor" stroke-width="2" />
        {of.steps.map((step, at) => (
          <circle key={step.entity} cx={x(at + 1)} cy={y(Number(step.sum) / whole)} r={step.planned ? 5 : 3} fill={step.planned ? "currentColor" : "none"} stroke="currentColor">
            <title>{`${at + 1}: ${step.label} ${step.share}`}</title>
          </circle>
        ))}
        <text x={WIDTH - 8} y={HEIGHT - 8} text-anchor="end" font-size="12" fill="currentColor">{t("desk.requests.curve_axis")}</text>
      </svg>
    </Figure>
  );
}
