import { Placeholder } from "../parts/Placeholder";

export default function Cases() {
  return <Placeholder name="cases" />;
}
