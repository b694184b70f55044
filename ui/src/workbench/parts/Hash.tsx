import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Link, to } from "../router";
import { t } from "../texts";
import { CopyButton } from "./CopyButton";

export interface HashProps {
  /** In full, in display order. */
  text: string;
  /** Shows all of it. */
  full?: boolean;
  /** With a button that copies it. */
  copy?: boolean;
}

const ENDS = 8;

/**
 * A hash, address or outpoint, shown shortened. All of it is in the page, its middle drawn as dots:
 * so what is selected and copied, searched for or read aloud is the full text.
 */
export function Hash({ text, full, copy }: HashProps): JSX.Element {
  return (
    <>
      <HashText text={text} full={full ?? false} />
      {copy && <CopyButton text={text} />}
    </>
  );
}

function HashText({ text, full }: { text: string; full: boolean }): JSX.Element {
  const safe = visible(text);
  // The number of an outpoint stays in sight.
  const vout = /:\d+$/.exec(safe)?.[0] ?? "";
  const name = safe.slice(0, safe.length - vout.length);
  if (full || name.length <= 2 * ENDS + 3) return <bdi class="hash hash-full">{safe}</bdi>;
  return (
    <bdi class="hash" title={safe}>
      {name.slice(0, ENDS)}
      <span class="hash-middle">{name.slice(ENDS, -ENDS)}</span>
      {name.slice(-ENDS)}
      {vout}
    </bdi>
  );
}

export function TxLink({ txid, ...rest }: { txid: string } & Omit<HashProps, "text">): JSX.Element {
  return <Linked address={to("/tx/:txid", { txid })} text={txid} {...rest} />;
}

/** An address, or the hex of a script that has none. */
export function AddressLink({ address, ...rest }: { address: string } & Omit<HashProps, "text">): JSX.Element {
  return <Linked address={to("/address/:address", { address })} text={address} {...rest} />;
}

/** A cluster, by the address (or script) that names it. */
export function ClusterLink({ cluster, ...rest }: { cluster: string } & Omit<HashProps, "text">): JSX.Element {
  return <Linked address={to("/cluster/:address", { address: cluster })} text={cluster} {...rest} />;
}

/** An outpoint "txid:vout": leads to its transaction, at that output. */
export function OutpointLink({ outpoint, ...rest }: { outpoint: string } & Omit<HashProps, "text">): JSX.Element {
  const [txid = "", vout = ""] = outpoint.split(":");
  return <Linked address={to("/tx/:txid", { txid }, { vout })} text={outpoint} {...rest} />;
}

/** A block, by height or hash. */
export function BlockLink({ block }: { block: number | string }): JSX.Element {
  const text = String(block);
  return typeof block === "number" ? (
    <Link to={to("/block/:block", { block: text })}>{text}</Link>
  ) : (
    <Linked address={to("/block/:block", { block: text })} text={text} />
  );
}

/** A service, by the name of its party. */
export function ServiceLink({ party, label }: { party: string; label?: string | null }): JSX.Element {
  return (
    <Link to={to("/service/:party", { party })}>
      <bdi>{visible(label ?? party)}</bdi>
    </Link>
  );
}

function Linked({ address, text, full, copy }: { address: string } & HashProps): JSX.Element {
  return (
    <span class="hash-link">
      <Link to={address}>
        <HashText text={text} full={full ?? false} />
      </Link>
      {copy && <CopyButton text={text} what={t("shell.full_text")} />}
    </span>
  );
}
