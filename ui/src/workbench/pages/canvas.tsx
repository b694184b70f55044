import "../canvas.css";
import { Workspace } from "../canvas/view/Workspace";

export default Workspace;
