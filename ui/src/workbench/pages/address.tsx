import { Placeholder } from "../parts/Placeholder";

export default function Address() {
  return <Placeholder name="address" />;
}
