import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { visible } from "../../shared/text";

export interface PageProps {
  /** Heading and title of the window. */
  title: string;
  /** Where the heading shows more than plain text. */
  heading?: ComponentChildren;
  /** Buttons to the right of the heading. */
  actions?: ComponentChildren;
  /** A line under the heading. */
  lead?: ComponentChildren;
  /** Fills the window without a margin, as the canvas does. */
  full?: boolean;
  children?: ComponentChildren;
}

/** A page's heading and body; sets the title of the window. Exactly one a page. */
export function Page({ title, heading, actions, lead, full, children }: PageProps): JSX.Element {
  useEffect(() => {
    document.title = `${visible(title)} · peelchain`;
  }, [title]);
  return (
    <div class={full ? "page page-full" : "page"}>
      <header class="page-head">
        <div class="page-title">
          <h1>{heading ?? <bdi>{visible(title)}</bdi>}</h1>
          {lead !== undefined && <p class="quiet">{lead}</p>}
        </div>
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page under a heading of its own. */
export function Section(props: {
  title: ComponentChildren;
  actions?: ComponentChildren;
  note?: ComponentChildren;
  class?: string;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <section class={props.class ? `section ${props.class}` : "section"}>
      <div class="section-head">
        <h2>{props.title}</h2>
        {props.actions !== undefined && <div class="section-actions">{props.actions}</div>}
      </div>
      {props.note !== undefined && <p class="quiet">{props.note}</p>}
      {props.children}
    </section>
  );
}

/** Pairs of name and value in a grid. */
export function Facts(props: {
  of: readonly { name: ComponentChildren; value: ComponentChildren }[];
}): JSX.Element {
  return (
    <dl class="facts">
      {props.of.map(({ name, value }, index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
