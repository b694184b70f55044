import { Placeholder } from "../parts/Placeholder";

export default function NullControls() {
  return <Placeholder name="null_controls" />;
}
