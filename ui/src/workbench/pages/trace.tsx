import type {
  BetweenAnswer,
  LedgerAnswer,
  PathAnswer,
  PatternsAnswer,
  TraceAnswer,
} from "../trace/answer";
import { AskPage } from "../trace/AskPage";
import { BetweenResult, LedgerResult, PatternsResult } from "../trace/OtherResults";
import { PathResult } from "../trace/PathResult";
import { TraceResult } from "../trace/TraceResult";
import { t } from "../texts";

type Answer = object;

export default function Trace() {
  return (
    <AskPage<Answer>
      path="/trace"
      title={t("trace.page.title")}
      lead={t("trace.page.lead")}
      kinds={["forward", "backward", "path", "between", "patterns", "ledger"]}
    >
      {(answer, job) => {
        // each answer has a part that no other has
        if ("parties" in answer) return <TraceResult answer={answer as TraceAnswer} job={job} />;
        if ("paths" in answer) return <PathResult answer={answer as PathAnswer} />;
        if ("pairs" in answer) return <BetweenResult answer={answer as BetweenAnswer} />;
        if ("patterns" in answer) return <PatternsResult answer={answer as PatternsAnswer} />;
        return <LedgerResult answer={answer as LedgerAnswer} />;
      }}
    </AskPage>
  );
}
