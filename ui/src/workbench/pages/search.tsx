import { Placeholder } from "../parts/Placeholder";

export default function Search() {
  return <Placeholder name="search" />;
}
