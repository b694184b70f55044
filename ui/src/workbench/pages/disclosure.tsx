import { CasePlaceholder } from "../parts/Placeholder";

export default function Disclosure() {
  return <CasePlaceholder name="disclosure" />;
}
