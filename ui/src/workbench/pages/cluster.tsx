import { Placeholder } from "../parts/Placeholder";

export default function Cluster() {
  return <Placeholder name="cluster" />;
}
