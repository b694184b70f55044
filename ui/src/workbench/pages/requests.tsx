import { CasePlaceholder } from "../parts/Placeholder";

export default function Requests() {
  return <CasePlaceholder name="requests" />;
}
