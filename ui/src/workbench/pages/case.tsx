import { Placeholder } from "../parts/Placeholder";

export default function Case() {
  return <Placeholder name="case" />;
}
