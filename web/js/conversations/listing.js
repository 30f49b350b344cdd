// What the core knows of conversations and people, as lists, single answers and events tell it: the newest counts.

import { isQueued } from "./model.js";

/** @typedef {import("./core.js").Core} Core @typedef {import("./model.js").Conversation} Conversation */

/** @param {Core} core @param {Conversation[]} found @param {boolean} complete whether it names all there are */
export function list(core, found, complete) {
  const { come, gone } = core.meanwhile;
  const named = new Set([...found.map(({ id }) => id), ...come]);
  for (const conversation of found) if (!gone.has(conversation.id)) merge(core, conversation);
  if (complete) {
    for (const id of [...core.conversations.keys()]) if (!named.has(id) && id !== core.open) core.conversations.delete(id);
  }
  core.listed = true;
  if (core.open && core.conversations.has(core.open) && !core.threads.has(core.open)) core.begin(core.open);
  core.changes.add("list");
  core.watch();
}

/** One that waited and is not among the active support chats is somebody else's, or closed. @param {Core} core */
export function queue(core, found, complete) {
  const named = new Set(found.map(({ id }) => id));
  const gone = [...core.conversations.values()].filter((one) => isQueued(one, core.me) && !named.has(one.id));
  if (complete) for (const { id } of gone) core.effects.push({ do: "fetch", id });
  list(core, found, false);
}

/** Unless events told something later already. @param {Core} core @param {Conversation} news */
export function merge(core, news) {
  core.lost.delete(news.id);
  core.meanwhile.come.add(news.id);
  core.meanwhile.gone.delete(news.id);
  const known = core.conversations.get(news.id);
  meet(core, ...news.members ?? []);
  if (news.last_message) meet(core, news.last_message.sender);
  const older = known && news.last_seq < known.last_seq;
  const merged = older
    ? { ...news, last_seq: known.last_seq, last_message: known.last_message, unread: known.unread } : news;
  core.conversations.set(news.id, core.open === news.id && core.reading ? { ...merged, unread: 0 } : merged);
  core.changes.add("list").add(news.id);
}

/** @param {Core} core @param {string} id @param {Partial<Conversation>} news */
export function patch(core, id, news) {
  const known = core.conversations.get(id);
  if (!known) return;
  core.conversations.set(id, { ...known, ...news });
  core.changes.add("list").add(id);
}

/** @param {Core} core @param {string} id */
export function drop(core, id) {
  core.lost.add(id);
  core.meanwhile.gone.add(id);
  core.meanwhile.come.delete(id);
  for (const entry of core.outbox.of(id)) core.discard(entry.id);
  core.conversations.delete(id);
  core.threads.delete(id);
  core.heard.delete(id);
  core.typing.forget(id);
  core.changes.add("list").add(id);
}

/** @param {Core} core @param {import("./thread.js").Person[]} people */
export function meet(core, ...people) {
  for (const person of people) {
    if (typeof person !== "object" || person?.id === null) continue;
    const known = core.people.get(person.id);
    if (known?.is_online !== person.is_online) core.changes.add("people");
    core.people.set(person.id, { ...known, ...person });
  }
}
