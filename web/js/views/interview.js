// Interview.

import { h } from "../dom.js";

/** @returns {import("../router.js").View} */
export function interviewView() {
  return {
    title: "Interview",
    node: h("div", { class: "page" },
      h("header", { class: "page-head" }, h("h1", { tabindex: "-1", data: { testid: "interview-title" } }, "Interview"),
        h("p", { class: "lead" }, "This part is reached by the API only."))),
  };
}
