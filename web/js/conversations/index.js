// Conversations: rooms, channels, direct messages, support.

import { h } from "../dom.js";

/**
 * @typedef {{ path: string, query: URLSearchParams }} Place `path`: what follows `#/conversations/`, decoded, or ""
 * @typedef {{ place: Place, signal: AbortSignal }} Context `signal` aborts when the view is left
 */

/**
 * Fills the view. The outlet is in the document already; its `h1` gets the focus.
 * @param {HTMLElement} root @param {Context} context
 * @returns {{ update: (place: Place) => void }} `update`: the address changed, but the view stays
 */
export function mount(root, { place: _place }) {
  root.append(h("div", { class: "page" },
    h("header", { class: "page-head" },
      h("h1", { tabindex: "-1", data: { testid: "conversations-title" } }, "Conversations"),
      h("p", { class: "lead" }, "Rooms, channels and direct messages will be shown here. Until then they are reached by the API."))));
  return { update() {} };
}
