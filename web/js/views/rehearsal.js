// Rehearsal.

import { h } from "../dom.js";

/** @returns {import("../router.js").View} */
export function rehearsalView() {
  return {
    title: "Rehearsal",
    node: h("div", { class: "page" },
      h("header", { class: "page-head" }, h("h1", { tabindex: "-1", data: { testid: "rehearsal-title" } }, "Rehearsal"),
        h("p", { class: "lead" }, "This part is reached by the API only."))),
  };
}
