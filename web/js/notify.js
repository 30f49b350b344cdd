// Tells people things: short toasts on the screen, and sentences for screen readers.

import { h, icon, setText } from "./dom.js";

/** Refusals stay longer: they say what to do. */
const TOAST_MS = { info: 7000, good: 7000, bad: 20_000 };

/** Says something to a screen reader without showing it. */
export function announce(text) {
  const node = document.getElementById("announcer");
  // The same sentence twice would not be read again: an invisible mark makes it differ.
  if (node) setText(node, node.textContent === text ? `${text}\u00a0` : text);
}

/**
 * @param {string} text
 * @param {{ kind?: "info" | "good" | "bad", action?: { label: string, run: () => void } }} [options]
 */
export function toast(text, { kind = "info", action } = {}) {
  const box = document.getElementById("toasts");
  const remove = () => node.remove();
  const node = h("div", { class: `toast toast-${kind}`, role: kind === "bad" ? "alert" : "status", data: { testid: "toast" } },
    icon(kind === "bad" ? "alert" : kind === "good" ? "check" : "info"),
    h("p", { dir: "auto" }, text),
    action && h("button", { type: "button", class: "button small", on: { click: () => { remove(); action.run(); } } }, action.label),
    h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", on: { click: remove } }, icon("close")));
  box.append(node);
  while (box.children.length > 3) box.firstElementChild.remove();
  let timer = setTimeout(remove, TOAST_MS[kind]);
  node.addEventListener("pointerenter", () => clearTimeout(timer));
  node.addEventListener("focusin", () => clearTimeout(timer));
  node.addEventListener("pointerleave", () => { timer = setTimeout(remove, TOAST_MS[kind]); });
}
