import { CasePlaceholder } from "../parts/Placeholder";

export default function Forfeiture() {
  return <CasePlaceholder name="forfeiture" />;
}
