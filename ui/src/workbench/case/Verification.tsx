import type { JSX } from "preact";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { Hash } from "../parts/Hash";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import { Time } from "../parts/Time";
import { t, tn, tOr } from "../texts";
import type { Verified } from "./types";

/** What the check of a bundle came to, line by line: what was checked, what failed, what cannot be. */
export function Verification({ of }: { of: Verified }): JSX.Element {
  const withheld = Object.entries(of.withheld).filter(([, count]) => count > 0);
  return (
    <div class="verification">
      <Notice kind={of.ok ? "ok" : "error"} title={of.ok ? t("case.verify.holds") : tn("case.verify.fails", of.failures.length)}>
        {of.ok ? t("case.verify.holds_text") : t("case.verify.fails_text")}
      </Notice>
      <ul class="checks">
        <Line ok={of.expected === null ? null : of.expected === of.digest}>
          {t("case.verify.digest")} <Hash text={of.digest} copy />{" "}
          {of.expected === null
            ? t("case.verify.digest_alone")
            : of.expected === of.digest
              ? t("case.verify.digest_same")
              : t("case.verify.digest_other")}
        </Line>
        {Object.entries(of.checked).map(([what, count]) => (
          <Line key={what} ok>
            {t("case.verify.checked", { what: tOr(`case.checked.${what.replaceAll(" ", "_")}`, what.replaceAll("_", " ")), count: formatCount(count) })}
          </Line>
        ))}
        {of.kernel !== null && (
          <Line ok={of.kernel.lacking === 0 ? true : null}>
            {t("case.verify.kernel", { inputs: of.kernel.inputs, txs: of.kernel.transactions })}
            {of.kernel.lacking > 0 && ` ${t("case.verify.kernel_lacking", { count: of.kernel.lacking })}`}
          </Line>
        )}
        {of.timestamps.map((stamp) => (
          <Line key={stamp.time_utc} ok={stamp.trusted ? true : null}>
            {t("case.verify.stamp")} <Time utc={stamp.time_utc} /> <bdi>{visible(stamp.authority)}</bdi>
          </Line>
        ))}
        {of.failures.map((failure) => <Line key={failure} ok={false}><bdi>{visible(failure)}</bdi></Line>)}
        {of.opened.map((line) => <Line key={line} ok><bdi>{visible(line)}</bdi></Line>)}
        {withheld.map(([kind, count]) => (
          <Line key={kind} ok={null}>{t("case.verify.withheld", { kind, count })}</Line>
        ))}
        {of.unchecked.map((line) => (
          <Line key={line} ok={null}>{t("case.verify.unchecked")} <bdi>{visible(line)}</bdi></Line>
        ))}
      </ul>
    </div>
  );
}

function Line(props: { ok: boolean | null; children?: JSX.Element | unknown }): JSX.Element {
  const { ok, children } = props;
  const [icon, word] =
    ok === true
      ? (["ok", t("case.verify.line_ok")] as const)
      : ok === false
        ? (["error", t("case.verify.line_fails")] as const)
        : (["info", t("case.verify.line_open")] as const);
  return (
    <li class={`check check-${icon}`}>
      <Icon name={icon} /> <span class="unseen">{word}: </span>
      <span>{children as JSX.Element}</span>
    </li>
  );
}
