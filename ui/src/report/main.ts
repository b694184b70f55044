import "./style.css";
import { element } from "./element";
import { page } from "./page";
import { readReport } from "./report";
import { visible } from "../shared/text";

const place = document.getElementById("page");
const data = document.getElementById("report");
if (place && data) {
  try {
    const report = readReport(data.textContent ?? "");
    document.title = visible(report.title);
    place.replaceChildren(...page(report));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    place.replaceChildren(
      element("p", { role: "alert" }, `The report in this page cannot be read: ${visible(said)}.`),
    );
  }
}
