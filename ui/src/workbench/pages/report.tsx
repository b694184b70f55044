import { CasePlaceholder } from "../parts/Placeholder";

export default function Report() {
  return <CasePlaceholder name="report" />;
}
