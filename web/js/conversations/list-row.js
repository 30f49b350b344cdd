// One conversation in the list.

import { bdi, h, icon, setText } from "../dom.js";
import { address } from "../router.js";
import { chats } from "./client.js";
import { aboutOf, activityOf, isQueued, peer, previewOf, titleOf } from "./model.js";
import { avatar, isOnline, namesOf, updatePresence } from "./people.js";
import { shortTime } from "./times.js";

const KIND_ICONS = { global: "globe", channel: "hash", room: "people", support: "help" };
const KIND_WORDS = { global: "", channel: "channel", room: "room", support: "support chat", direct: "direct message" };

/** The mark of a conversation: a person's initials, or what it is. */
export function badgeOf(conversation, me) {
  const other = peer(conversation, me);
  if (conversation.kind === "direct") return avatar(other, { presence: true });
  if (conversation.kind === "support" && other) return avatar(other, { presence: true });
  return h("span", { class: "avatar is-icon", "aria-hidden": "true" }, icon(KIND_ICONS[conversation.kind] ?? "chat"));
}

/** @param {import("./model.js").Conversation} first */
export function conversationRow(first) {
  const { me } = chats();
  const name = bdi("", { class: "chat-row-name" });
  const time = h("time", { class: "chat-row-time" });
  const who = bdi("");
  const text = bdi("");
  const colon = h("span", null, ": ");
  const preview = h("span", { class: "chat-row-preview" }, who, colon, text);
  const unread = h("span", { class: "badge", "aria-hidden": "true", data: { testid: "row-unread" } });
  const spoken = h("span", { class: "sr-only" });
  const mark = h("span", { class: "chat-row-mark" });
  const link = h("a", { class: "chat-row", data: { testid: "chat-row", conversation: first.id } },
    mark, h("span", { class: "chat-row-words" },
      h("span", { class: "chat-row-line" }, name, time),
      h("span", { class: "chat-row-line" }, preview, unread)), spoken);
  const node = h("li", null, link);
  let marked = "";

  const update = (conversation) => {
    const other = peer(conversation, me);
    const title = titleOf(conversation, me);
    const typists = typing(conversation.id, me.id);
    // a row whose people changed shows other initials
    const key = `${other?.id} ${title}`;
    if (key !== marked) mark.replaceChildren(badgeOf(conversation, me));
    marked = key;
    link.setAttribute("href", address(`/conversations/${conversation.id}`));
    setText(name, title);
    setText(time, conversation.last_message ? shortTime(activityOf(conversation)) : "");
    time.setAttribute("datetime", activityOf(conversation));
    const said = previewOf(conversation, me);
    setText(who, typists.length > 0 ? "" : said.who);
    colon.hidden = who.textContent === "";
    setText(text, typists.length > 0 ? `${namesOf(typists)} typing …` : said.text || aboutOf(conversation, me));
    preview.dataset.typing = String(typists.length > 0);
    const count = isQueued(conversation, me) ? 0 : conversation.unread;
    unread.hidden = count === 0;
    setText(unread, count > 99 ? "99+" : String(count));
    link.dataset.unread = String(count);
    updatePresence(mark, other);
    const words = [KIND_WORDS[conversation.kind], count > 0 && `${count} unread`,
      conversation.kind === "direct" && isOnline(other) && "online"].filter(Boolean);
    setText(spoken, words.length > 0 ? `, ${words.join(", ")}` : "");
  };
  update(first);
  return {
    node, update,
    select(selected) {
      if (selected) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    },
  };
}

/** Who types in a conversation, but oneself. @returns {number[]} */
export function typing(id, me) {
  return (chats()?.typing.of(id) ?? []).filter((user) => user !== me);
}
