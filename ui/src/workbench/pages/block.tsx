import { Placeholder } from "../parts/Placeholder";

export default function Block() {
  return <Placeholder name="block" />;
}
