// The frame around the conversations: their module fills it and follows the address.

import { mount } from "../conversations/index.js";
import { h } from "../dom.js";

/** @param {import("../router.js").Place} place @returns {import("../router.js").View} */
export function conversationsView(place) {
  const leaving = new AbortController();
  const node = h("div", { class: "conversations" });
  const mounted = mount(node, { place: inside(place), signal: leaving.signal });
  return {
    title: "Conversations",
    node,
    update: (next) => mounted.update(inside(next)),
    dispose: () => leaving.abort(),
  };
}

function inside({ params: [path], query }) {
  return { path: decoded(path ?? ""), query };
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
