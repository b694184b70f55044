import { Placeholder } from "../parts/Placeholder";

export default function Canvas() {
  return <Placeholder name="canvas" />;
}
