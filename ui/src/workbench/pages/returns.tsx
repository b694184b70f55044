import { Placeholder } from "../parts/Placeholder";

export default function Returns() {
  return <Placeholder name="returns" />;
}
