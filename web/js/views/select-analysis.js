// The choice of an analysis, in a form: its options follow the list of those that are complete.

import { analysisOptions, loadAnalyses } from "../analyses.js";
import { fill, h } from "../dom.js";
import { subscribe } from "../store.js";
import { field } from "./form.js";

/**
 * @param {{ label: string, testid: string, value: string | null, first?: [string, string][], scope: string }} options
 *   `first` stands before the analyses, such as "all of them"; `value` may name one that is gone
 */
export function analysisField({ first = [], value, ...options }) {
  const entry = field({ name: "job_id", as: "select", ...options });
  const select = entry.input;
  let shown = "";
  const render = () => {
    const wanted = select.value || (value ?? "");
    const known = [...first, ...analysisOptions()];
    if (wanted && !known.some(([id]) => id === wanted)) known.push([wanted, "A résumé that is gone"]);
    const next = JSON.stringify(known);
    if (next === shown) return;
    shown = next;
    fill(select, known.map(([id, text]) => h("option", { value: id, selected: id === wanted }, text)));
  };
  render();
  const stop = subscribe(["jobs", "uploads"], render);
  return {
    ...entry,
    /** Asks for the analyses; rejects if that fails. */
    load: () => loadAnalyses().then(render),
    choose(id) {
      value = id;
      select.value = id;
      if (select.value !== id) {
        shown = "";
        fill(select);
        render();
      }
    },
    dispose: stop,
  };
}
