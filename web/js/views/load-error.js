// What stands in the place of something that could not be loaded.

import { h, icon } from "../dom.js";
import { errorText } from "../format.js";

/** @param {any} error @param {() => void} retry */
export function loadError(error, retry) {
  return h("div", { class: "alert bad", role: "alert", data: { testid: "load-error" } }, icon("alert"),
    h("p", { dir: "auto" }, errorText(error)),
    h("button", { type: "button", class: "button small", on: { click: retry } }, "Try again"));
}
