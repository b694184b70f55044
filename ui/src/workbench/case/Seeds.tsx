import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { post } from "../api";
import { TextField } from "../parts/Field";
import { AddressLink, OutpointLink, TxLink } from "../parts/Hash";
import { Icon } from "../parts/Icon";
import { t, tn } from "../texts";
import { seedsOf } from "./address";
import type { SeedTold } from "./types";

const WAIT_MS = 250;

/** What the server says of each pasted seed, asked anew a moment after the last key. */
export function useSeedCheck(seeds: readonly string[]): { told: ReadonlyMap<string, SeedTold>; checked: boolean } {
  const [told, setTold] = useState<ReadonlyMap<string, SeedTold>>(new Map());
  const asked = seeds.join("\n");
  useEffect(() => {
    const unknown = asked.split("\n").filter((seed) => seed !== "" && !told.has(seed)).slice(0, 2000);
    if (unknown.length === 0) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      post<{ seeds: SeedTold[] }>("/api/seeds", { seeds: unknown.map((s) => s.slice(0, 200)) }, control.signal)
        .then((answer) => {
          const next = new Map(told);
          answer.seeds.forEach((row, index) => next.set(unknown[index] ?? row.seed, row));
          setTold(next);
        })
        .catch(() => undefined);
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [asked, told]);
  return { told, checked: seeds.every((seed) => told.has(seed)) };
}

/** A box for pasted addresses, with what is wrong with each said as they are typed. */
export function SeedsField(props: {
  text: string;
  onInput: (text: string) => void;
  told: ReadonlyMap<string, SeedTold>;
  required?: boolean;
  autoFocus?: boolean;
}): JSX.Element {
  const seeds = seedsOf(props.text);
  const known = seeds.map((seed) => props.told.get(seed)).filter((row) => row !== undefined);
  const wrong = known.filter((row) => row.error !== null);
  const absent = known.filter((row) => row.error === null && !row.in_chain);
  return (
    <div class="seeds-field">
      <TextField
        label={t("case.seeds.label")}
        hint={t("case.seeds.hint")}
        rows={5}
        code
        value={props.text}
        onInput={props.onInput}
        required={props.required ?? false}
        autoFocus={props.autoFocus ?? false}
      />
      <div role="status">
        {seeds.length > 0 && (
          <p class="quiet">
            {tn("case.seeds.count", seeds.length)}
            {known.length === seeds.length && wrong.length === 0 && absent.length === 0 && ` · ${t("case.seeds.all_known")}`}
          </p>
        )}
        <ul class="seed-faults">
          {wrong.slice(0, 20).map((row) => (
            <li key={row.seed} class="seed-wrong"><Icon name="error" /> <bdi>{visible(row.error ?? "")}</bdi></li>
          ))}
          {absent.slice(0, 20).map((row) => (
            <li key={row.seed} class="seed-absent">
              <Icon name="warning" /> {t("case.seeds.absent")} <bdi class="hash">{visible(row.seed)}</bdi>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** Whether all is right with the seeds as far as is known. */
export function usable(seeds: readonly string[], told: ReadonlyMap<string, SeedTold>): boolean {
  return seeds.every((seed) => told.get(seed)?.error == null);
}

export function SeedLink({ seed }: { seed: string }): JSX.Element {
  if (seed.includes(":")) return <OutpointLink outpoint={seed} copy />;
  return seed.length === 64 ? <TxLink txid={seed} copy /> : <AddressLink address={seed} copy />;
}
