import { Placeholder } from "../parts/Placeholder";

export default function Service() {
  return <Placeholder name="service" />;
}
