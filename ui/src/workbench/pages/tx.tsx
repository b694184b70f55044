import { Placeholder } from "../parts/Placeholder";

export default function Tx() {
  return <Placeholder name="tx" />;
}
