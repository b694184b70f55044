import { CasePlaceholder } from "../parts/Placeholder";

export default function Referrals() {
  return <CasePlaceholder name="referrals" />;
}
