import { Placeholder } from "../parts/Placeholder";

export default function Journal() {
  return <Placeholder name="journal" />;
}
