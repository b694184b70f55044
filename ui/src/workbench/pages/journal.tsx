import { CasePlaceholder } from "../parts/Placeholder";

export default function Journal() {
  return <CasePlaceholder name="journal" />;
}
