import { Placeholder } from "../parts/Placeholder";

export default function Requests() {
  return <Placeholder name="requests" />;
}
