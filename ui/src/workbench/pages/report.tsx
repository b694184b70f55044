import { Placeholder } from "../parts/Placeholder";

export default function Report() {
  return <Placeholder name="report" />;
}
