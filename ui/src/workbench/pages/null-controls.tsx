import type { NullAnswer } from "../trace/answer";
import { AskPage } from "../trace/AskPage";
import { NullResult } from "../trace/NullResult";
import { t } from "../texts";

export default function NullControls() {
  return (
    <AskPage<NullAnswer> path="/null-controls" title={t("trace.null.page")} lead={t("trace.null.lead")} kinds={["null-controls"]}>
      {(answer) => <NullResult answer={answer} />}
    </AskPage>
  );
}
