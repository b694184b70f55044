import { Placeholder } from "../parts/Placeholder";

export default function Disclosure() {
  return <Placeholder name="disclosure" />;
}
