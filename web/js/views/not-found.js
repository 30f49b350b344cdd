// The page for an address that leads nowhere.

import { h } from "../dom.js";

/** @returns {import("../router.js").View} */
export function notFoundView() {
  return {
    title: "Not found",
    node: h("section", { class: "page narrow center" },
      h("h1", { tabindex: "-1" }, "This door leads nowhere"),
      h("p", null, "The address does not belong to a page of Greenroom."),
      h("p", null, h("a", { class: "button primary", href: "#/" }, "Back to your résumés"))),
  };
}
