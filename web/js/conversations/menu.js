// A button that opens a short menu under it.

import { h, icon } from "../dom.js";

/**
 * @param {{ label: string, icon: string, text?: string, testid: string, primary?: boolean }} button
 * @param {() => { label: string, icon: string, testid: string, danger?: boolean, run: () => void }[]} entries asked for when it opens
 */
export function menu({ label, icon: name, text, testid, primary }, entries) {
  const button = h("button", {
    type: "button", class: text ? `button small ${primary ? "primary" : ""}` : "icon-button", "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false",
    data: { testid }, on: { click: () => toggle() },
  }, icon(name), text);
  const list = h("div", { class: "menu", role: "menu", "aria-label": label, on: { keydown: move } });
  list.hidden = true;
  const node = h("div", { class: "menu-box" }, button, list);

  const outside = (event) => { if (!node.contains(event.target)) close(); };
  function close(back = false) {
    if (list.hidden) return;
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside);
    removeEventListener("focusin", outside);
    if (back) button.focus();
  }
  function toggle() {
    if (!list.hidden) {
      close(true);
      return;
    }
    list.replaceChildren(...entries().map((entry) => h("button", {
      type: "button", role: "menuitem", class: entry.danger ? "menu-item danger" : "menu-item", data: { testid: entry.testid },
      on: { click: () => { close(true); entry.run(); } },
    }, icon(entry.icon), entry.label)));
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    addEventListener("pointerdown", outside);
    addEventListener("focusin", outside);
    list.querySelector("button")?.focus();
  }
  function move(event) {
    const items = [...list.children];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    else if (to !== undefined) items[(to + items.length) % items.length].focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  }
  return node;
}
