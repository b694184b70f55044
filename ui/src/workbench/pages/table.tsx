import { CasePlaceholder } from "../parts/Placeholder";

export default function Table() {
  return <CasePlaceholder name="table" />;
}
