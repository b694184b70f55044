import { Placeholder } from "../parts/Placeholder";

export default function TableJoin() {
  return <Placeholder name="table" />;
}
