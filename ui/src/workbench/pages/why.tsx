import { Placeholder } from "../parts/Placeholder";

export default function Why() {
  return <Placeholder name="why" />;
}
