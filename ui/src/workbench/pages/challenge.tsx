import { Placeholder } from "../parts/Placeholder";

export default function Challenge() {
  return <Placeholder name="challenge" />;
}
