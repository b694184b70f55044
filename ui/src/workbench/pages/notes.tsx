import { CasePlaceholder } from "../parts/Placeholder";

export default function Notes() {
  return <CasePlaceholder name="notes" />;
}
