import { CasePlaceholder } from "../parts/Placeholder";

export default function Challenge() {
  return <CasePlaceholder name="challenge" />;
}
