import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Hash } from "../parts/Hash";
import { Link } from "../router";
import { kindOf, pageOf } from "./pointing";

/** A reference as a link to what it names; a text that is none as text. */
export function Reference({ text, name }: { text: string; name: string }): JSX.Element {
  const page = pageOf(text, name);
  if (page === null) return <bdi class="said">{visible(text)}</bdi>;
  const long = ["tx", "outpoint", "address"].includes(kindOf(text) ?? "");
  return <Link to={page}>{long ? <Hash text={text} /> : visible(text)}</Link>;
}

/** Several, one after the other. */
export function References({ of, name }: { of: readonly string[]; name: string }): JSX.Element {
  return (
    <span class="references">
      {of.map((text) => <Reference key={text} text={text} name={name} />)}
    </span>
  );
}
