import { Placeholder } from "../parts/Placeholder";

export default function Tag() {
  return <Placeholder name="tag" />;
}
