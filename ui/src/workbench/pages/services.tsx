import { Placeholder } from "../parts/Placeholder";

export default function Services() {
  return <Placeholder name="services" />;
}
