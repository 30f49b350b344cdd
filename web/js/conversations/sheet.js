// A dialog with a form or a list in it, on the browser's own <dialog>.

import { append, h, icon } from "../dom.js";

/**
 * @param {{ title: string, testid: string, about?: string }} options @param {...any} children
 * @returns {{ node: HTMLDialogElement, close: () => void }} open already; Escape, the cross and the backdrop close it
 */
export function sheet({ title, testid, about }, ...children) {
  const opener = /** @type {HTMLElement | null} */ (document.activeElement);
  const close = () => node.close();
  const id = `${testid}-title`;
  const node = h("dialog", { class: "dialog sheet", "aria-labelledby": id, data: { testid } },
    h("div", { class: "sheet-head" }, h("h2", { id, tabindex: "-1" }, title),
      h("button", { type: "button", class: "icon-button", "aria-label": "Close", data: { testid: "sheet-close" }, on: { click: close } }, icon("close"))),
    about && h("p", { class: "hint" }, about));
  append(node, children);
  node.addEventListener("click", (event) => { if (event.target === node) close(); });
  const leave = () => close();
  addEventListener("hashchange", leave);
  node.addEventListener("close", () => {
    removeEventListener("hashchange", leave);
    node.remove();
    if (opener?.isConnected) opener.focus();
  });
  document.body.append(node);
  node.showModal();
  node.querySelector("h2").focus();
  return { node, close };
}
