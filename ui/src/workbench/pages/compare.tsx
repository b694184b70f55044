import type { CompareAnswer } from "../trace/answer";
import { AskPage } from "../trace/AskPage";
import { CompareResult } from "../trace/CompareResult";
import { t } from "../texts";

export default function Compare() {
  return (
    <AskPage<CompareAnswer> path="/compare" title={t("trace.compare.page")} lead={t("trace.compare.lead")} kinds={["compare"]}>
      {(answer) => <CompareResult answer={answer} />}
    </AskPage>
  );
}
