import { Placeholder } from "../parts/Placeholder";

export default function Compare() {
  return <Placeholder name="compare" />;
}
