/** The canvas as a whole: tools, drawing, what is known of what is chosen, time and legend. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Button } from "../../parts/Button";
import { Notice } from "../../parts/Notice";
import { Page } from "../../parts/Page";
import { Tabs } from "../../parts/Tabs";
import { Refused } from "../../load";
import { Link, navigate, to, useRoute } from "../../router";
import { useStore } from "../../store";
import { t, tn } from "../../texts";
import { asRefusal } from "../../api";
import { editGroup } from "../model/operations";
import { commit, makeDesk, pictureOf, type Desk } from "./desk";
import { Details } from "./Details";
import { Dialogs } from "./Dialogs";
import { addNodes, expand, renew, take } from "./expanding";
import { open, type Keeper, type Kept } from "./keeping";
import { useCanvasKeys } from "./keyboard";
import { Legend } from "./Legend";
import { Menu } from "./Menu";
import { Outline } from "./Outline";
import { tracedPart } from "./server";
import { Surface } from "./Surface";
import { TimeSlider } from "./TimeSlider";
import { Toolbar } from "./Toolbar";
import { during } from "./desk";

/** The picture that a case, or the browser, has when no other is named. */
const FIRST = "main";

export function Workspace(): JSX.Element {
  const { params, query } = useRoute();
  const caseName = params.case ?? null;
  const name = query.get("picture") ?? FIRST;
  const desk = useMemo(() => makeDesk(caseName, name), [caseName, name]);
  return <Open key={`${caseName ?? ""}/${name}`} desk={desk} />;
}

function Open({ desk }: { desk: Desk }): JSX.Element {
  const [keeper, setKeeper] = useState<Keeper | null>(null);
  const [since, setSince] = useState<Kept | null>(null);
  const [ready, setReady] = useState(false);
  const { query, path } = useRoute();
  useEffect(() => {
    let gone = false;
    let kept: Keeper | null = null;
    open(desk).then(
      async (opened) => {
        if (gone) return opened.keeper.end();
        kept = opened.keeper;
        setKeeper(opened.keeper);
        setSince(opened.since);
        setReady(true);
        await bring(desk, query, path);
      },
      (error: unknown) => {
        desk.fault.set(asRefusal(error));
        setReady(true);
      },
    );
    return () => {
      gone = true;
      kept?.end();
    };
  }, [desk]);
  useCanvasKeys(desk);
  const fault = useStore(desk.fault);
  const busy = useStore(desk.busy);
  const { caseName, picture } = desk.place;
  return (
    <Page
      full
      title={caseName === null ? t("canvas.title.scratch") : t("canvas.title.case", { case: caseName, picture })}
      actions={<Saved desk={desk} keeper={keeper} />}
    >
      <div class="canvas" aria-busy={busy > 0}>
        <Toolbar desk={desk} />
        {fault !== null && (
          <div class="canvas-fault">
            <Refused error={fault} />
            <Button small quiet icon="close" label={t("shell.close")} onClick={() => desk.fault.set(null)} />
          </div>
        )}
        {since !== null && <MovedOn kept={since} onClose={() => setSince(null)} desk={desk} />}
        <div class="canvas-main">
          <div class="canvas-left">
            {ready && <Surface desk={desk} onOpen={(id) => openAt(desk, id)} />}
            <TimeSlider desk={desk} />
            <Legend desk={desk} />
          </div>
          <Panel desk={desk} />
        </div>
        {busy > 0 && <p class="canvas-busy" role="status">{t("shell.loading")}</p>}
        <Menu desk={desk} />
        <Dialogs desk={desk} keeper={keeper} />
      </div>
    </Page>
  );
}

function Panel({ desk }: { desk: Desk }): JSX.Element {
  const panel = useStore(desk.panel);
  return (
    <aside class="canvas-panel" aria-label={t("canvas.panel")}>
      <Tabs
        label={t("canvas.panel")}
        open={panel}
        onOpen={(id) => desk.panel.set(id as "details" | "outline")}
        tabs={[
          { id: "details", title: t("canvas.details.title"), content: () => <Details desk={desk} /> },
          { id: "outline", title: t("canvas.outline.title"), content: () => <Outline desk={desk} /> },
        ]}
      />
    </aside>
  );
}

/** What a double click opens. */
function openAt(desk: Desk, id: string): void {
  const { more, notes, boxes, nodes } = desk.view.get();
  const left = more.find((each) => each.id === id);
  if (left !== undefined) return desk.asking.set({ kind: "expand", node: left.node, direction: left.direction });
  const note = notes.find((each) => each.id === id);
  if (note !== undefined) return desk.asking.set({ kind: "note", on: pictureOf(desk).notes[id]?.on ?? null, id });
  const group = pictureOf(desk).groups[id];
  if (group !== undefined || boxes.some((box) => box.id === id)) {
    return commit(desk, editGroup(pictureOf(desk), id, { closed: !group?.closed }));
  }
  const node = nodes.find((each) => each.id === id);
  if (node !== undefined) void expand(desk, node.members, { direction: "out" });
  else desk.panel.set("details");
}

/** Adds what the address names: `?add=tx:…` once or more, `?job=` of a finished trace. */
async function bring(desk: Desk, query: URLSearchParams, path: string): Promise<void> {
  const ids = query.getAll("add").filter((id) => /^(tx|address|cluster):/.test(id));
  const job = query.get("job");
  if (ids.length === 0 && job === null) return;
  // Done once: going back to this address does not do it again.
  const picture = query.get("picture");
  navigate(to(path, {}, { picture }), { replace: true });
  if (job !== null) {
    const part = await during(desk, () => tracedPart(job, null));
    if (part !== null) take(desk, part, null);
    desk.surface.fit();
  }
  const fresh = ids.filter((id) => !Object.hasOwn(pictureOf(desk).nodes, id));
  if (fresh.length > 0) await addNodes(desk, fresh);
}

function Saved({ desk, keeper }: { desk: Desk; keeper: Keeper | null }): JSX.Element {
  const saved = useStore(desk.saved);
  return (
    <>
      <span class={`canvas-saved canvas-saved-${saved}`} role="status" data-saved={saved}>{t(`canvas.saved.${saved}`)}</span>
      {saved === "conflict" && (
        <>
          <Button small onClick={() => keeper?.takeTheirs()}>{t("canvas.saved.take_theirs")}</Button>
          <Button small danger onClick={() => keeper?.overwrite()}>{t("canvas.saved.overwrite")}</Button>
        </>
      )}
      {saved === "failed" && <Button small onClick={() => keeper?.now()}>{t("shell.again")}</Button>}
      {desk.place.caseName !== null && (
        <Link class="button button-small" to={to("/case/:case", { case: desk.place.caseName })}>{t("canvas.to_case")}</Link>
      )}
    </>
  );
}

/** Says what came to the store since the picture was made: blocks, tags, another way to cluster. */
function MovedOn({ kept, desk, onClose }: { kept: Kept; desk: Desk; onClose: () => void }): JSX.Element | null {
  const { moved } = kept;
  if (moved == null) return null;
  const said = [
    moved.reorganised ? t("canvas.moved.reorganised") : "",
    moved.blocks > 0 ? tn("canvas.moved.blocks", moved.blocks) : "",
    moved.imports.length > 0 ? tn("canvas.moved.imports", moved.imports.length) : "",
    moved.imports_gone > 0 ? tn("canvas.moved.imports_gone", moved.imports_gone) : "",
    moved.policy ? t("canvas.moved.policy") : "",
    moved.clusters && !moved.policy ? t("canvas.moved.clusters") : "",
  ].filter((text) => text !== "");
  const touched = kept.touched ?? [];
  const gone = kept.gone ?? [];
  if (said.length === 0 && gone.length === 0) return null;
  const again = async (): Promise<void> => {
    await renew(desk);
    onClose();
  };
  return (
    <Notice kind={moved.reorganised || gone.length > 0 ? "warning" : "info"} title={t("canvas.moved.title")} onClose={onClose}>
      <p>{said.join(" ")}</p>
      {touched.length > 0 && <p>{tn("canvas.moved.touched", kept.touched_count ?? touched.length)}</p>}
      {gone.length > 0 && <p>{tn("canvas.moved.gone", gone.length)}</p>}
      <p class="form-actions">
        {touched.length > 0 && (
          <Button small onClick={() => desk.selected.set(new Set(touched.map(({ node }) => node)))}>{t("canvas.moved.select")}</Button>
        )}
        <Button small onClick={again}>{t("canvas.moved.again")}</Button>
      </p>
    </Notice>
  );
}
