// Library.

import { h } from "../dom.js";

/** @returns {import("../router.js").View} */
export function libraryView() {
  return {
    title: "Library",
    node: h("div", { class: "page" },
      h("header", { class: "page-head" }, h("h1", { tabindex: "-1", data: { testid: "library-title" } }, "Library"),
        h("p", { class: "lead" }, "This part is reached by the API only."))),
  };
}
