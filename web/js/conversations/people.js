// People as the conversations show them: initials in a circle, with a dot that says whether they are here.

import { h } from "../dom.js";
import { chats } from "./client.js";
import { displayName } from "./model.js";

/** Of a name in any script: the first letters of its first and last word. */
function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = (word) => [...word ?? ""][0] ?? "";
  return (words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0])).toUpperCase();
}

/**
 * @param {import("./thread.js").Person | null} person @param {{ presence?: boolean }} [options] `presence`: with the dot
 */
export function avatar(person, { presence = false } = {}) {
  const dot = presence && h("span", { class: "presence", data: { online: String(isOnline(person)) } });
  return h("span", { class: "avatar", "aria-hidden": "true", data: { tint: String((person?.id ?? 0) % 5) } },
    initials(displayName(person)), dot);
}

/** Whether somebody is here. Without a connection nobody knows. */
export function isOnline(person) {
  const core = chats();
  return Boolean(core?.online && (core.people.get(person?.id) ?? person)?.is_online);
}

/** "Ada", "Ada and Bo", "Ada and 2 others". @param {number[]} ids */
export function namesOf(ids) {
  const core = chats();
  const names = ids.map((id) => (id === core?.me.id ? "You" : displayName(core?.people.get(id) ?? { name: "Somebody" })));
  if (names.length <= 2) return names.join(" and ");
  return `${names[0]} and ${names.length - 1} others`;
}

/** Brings the dots below a node up to date. @param {Element} node @param {import("./thread.js").Person | null} person */
export function updatePresence(node, person) {
  const dot = node.querySelector(".presence");
  if (dot) dot.dataset.online = String(isOnline(person));
}
