import { Placeholder } from "../parts/Placeholder";

export default function Forfeiture() {
  return <Placeholder name="forfeiture" />;
}
