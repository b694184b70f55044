import { Placeholder } from "../parts/Placeholder";

export default function Exhibits() {
  return <Placeholder name="exhibits" />;
}
