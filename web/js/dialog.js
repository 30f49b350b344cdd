// Asks before something is lost: a modal <dialog> that answers with a promise.

import { h } from "./dom.js";

/**
 * @param {{ title: string, text: string, confirm: string, cancel?: string }} question
 * @returns {Promise<boolean>} whether the person agreed; Escape and the backdrop mean no
 */
export function confirmDialog({ title, text, confirm, cancel = "Keep it" }) {
  const opener = /** @type {HTMLElement | null} */ (document.activeElement);
  return new Promise((resolve) => {
    const dialog = h("dialog", {
      class: "dialog", role: "alertdialog", "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text",
      data: { testid: "confirm-dialog" },
    },
      h("h2", { id: "dialog-title" }, title),
      h("p", { id: "dialog-text", dir: "auto" }, text),
      h("div", { class: "actions end" },
        h("button", { type: "button", class: "button", data: { testid: "confirm-no" }, on: { click: () => dialog.close("no") } }, cancel),
        h("button", { type: "button", class: "button danger", data: { testid: "confirm-yes" }, on: { click: () => dialog.close("yes") } }, confirm)));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close("no");
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (opener?.isConnected) opener.focus();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
