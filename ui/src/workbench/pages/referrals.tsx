import { Placeholder } from "../parts/Placeholder";

export default function Referrals() {
  return <Placeholder name="referrals" />;
}
