import { CasePlaceholder } from "../parts/Placeholder";

export default function Case() {
  return <CasePlaceholder name="case" />;
}
