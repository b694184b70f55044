import { Placeholder } from "../parts/Placeholder";

export default function Notes() {
  return <Placeholder name="notes" />;
}
