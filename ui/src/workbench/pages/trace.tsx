import { Placeholder } from "../parts/Placeholder";

export default function Trace() {
  return <Placeholder name="trace" />;
}
