import type { JSX } from "preact";
import { useGet, Loaded } from "../load";
import { Button } from "../parts/Button";
import { CopyButton } from "../parts/CopyButton";
import { BlockLink, Hash } from "../parts/Hash";
import { Facts } from "../parts/Page";
import { saveBlob } from "../files";
import { writeJson } from "../json";
import { t } from "../texts";
import type { Proof } from "./types";

/** Raw bytes and the proof that a block holds the transaction, to copy and to save. */
export function ProofTab({ txid }: { txid: string }): JSX.Element {
  const asked = useGet<Proof>(`/api/tx/${txid}/proof`);
  return (
    <Loaded of={asked}>
      {(proof) => (
        <>
          <p class="quiet">{t("explore.proof.lead")}</p>
          <div class="chips">
            <Button icon="download" onClick={() => save(proof)}>{t("explore.proof.save")}</Button>
          </div>
          <Facts
            of={[
              { name: t("explore.block.title"), value: <><BlockLink block={proof.block.height} /> <Hash text={proof.block.hash} copy /></> },
              { name: t("explore.proof.place"), value: t("explore.proof.place_of", { index: proof.transaction.index, count: proof.block.tx_count }) },
              { name: t("explore.block.merkle_root"), value: <Hash text={proof.block.merkle_root} full copy /> },
            ]}
          />
          <h3>{t("explore.proof.raw")} <CopyButton text={proof.transaction.raw} what={t("explore.proof.raw")} /></h3>
          <pre class="raw" tabIndex={0} aria-label={t("explore.proof.raw")}>{proof.transaction.raw}</pre>
          <h3>{t("explore.proof.header")} <CopyButton text={proof.block.header} what={t("explore.proof.header")} /></h3>
          <pre class="raw" tabIndex={0} aria-label={t("explore.proof.header")}>{proof.block.header}</pre>
          <h3>{t("explore.proof.branch")}</h3>
          <p class="quiet">{t("explore.proof.branch_lead")}</p>
          <ol class="branch">
            {proof.transaction.branch.map((sibling, level) => <li key={level}><Hash text={sibling} full /></li>)}
          </ol>
        </>
      )}
    </Loaded>
  );
}

function save(proof: Proof): void {
  const text = `${writeJson(proof)}\n`;
  saveBlob(new Blob([text], { type: "application/json" }), `proof-${proof.transaction.txid}.json`);
}
