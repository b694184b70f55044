import { CasePlaceholder } from "../parts/Placeholder";

export default function Returns() {
  return <CasePlaceholder name="returns" />;
}
