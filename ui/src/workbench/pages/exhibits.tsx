import { CasePlaceholder } from "../parts/Placeholder";

export default function Exhibits() {
  return <CasePlaceholder name="exhibits" />;
}
