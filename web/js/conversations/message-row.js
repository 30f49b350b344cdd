// One message, or one on its way.

import { bdi, fill, h, icon } from "../dom.js";
import { moment } from "../format.js";
import { act, chats } from "./client.js";
import { actsOn, contentOf, displayName } from "./model.js";
import { avatar, namesOf } from "./people.js";
import { isEdited } from "./thread.js";
import { clock, dayName } from "./times.js";

/**
 * @typedef {{ key: string, item: any, newDay: boolean, divided: boolean, together: boolean, quoted: any, seen: boolean }} Row
 *   `together`: with the one before it, by the same person; `quoted`: what it answers to
 */

const QUOTE_CHARS = 160;
const LINK = /\bhttps?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]}]/g;

const isEntry = (item) => item.state !== undefined;

/** @param {Row} first */
export function messageRow(first) {
  const content = h("div", { class: "message-content" });
  // beside what is made anew, so that the buttons of the message keep the focus
  const node = h("div", { class: "message", role: "article", tabindex: "-1", data: { testid: "message", id: first.key } }, content);
  let shown = null;
  const update = (row) => {
    if (shown && same(shown, row)) return;
    shown = row;
    render(node, content, row);
  };
  update(first);
  return { node, update, get row() { return shown; } };
}

function same(a, b) {
  return a.item === b.item && a.newDay === b.newDay && a.divided === b.divided && a.together === b.together
    && a.quoted === b.quoted && a.seen === b.seen;
}

function render(node, content, row) {
  const { item } = row;
  const { me } = chats();
  const entry = isEntry(item);
  const person = entry ? me : typeof item.sender === "object" ? item.sender : { id: 0, name: "Greenroom", username: "greenroom" };
  const own = person.id === me.id;
  Object.assign(node.dataset, { own: String(own), together: String(row.together), state: entry ? item.state : "stored", type: item.msg_type ?? "text" });
  const time = item.created_at ?? item.createdAt;
  fill(content,
    row.newDay && h("p", { class: "log-day" }, h("span", null, dayName(time))),
    row.divided && h("p", { class: "log-divider", data: { testid: "unread-divider" } }, h("span", null, "New")),
    h("div", { class: "message-line" },
      !own && (row.together ? h("span", { class: "message-gap" }) : avatar(person)),
      h("div", { class: "message-words" },
        h("p", { class: row.together ? "sr-only" : "message-head" },
          bdi(own ? "You" : displayName(person), { class: own ? "sr-only" : "message-name" }),
          h("time", { class: "message-time", datetime: time, title: moment(time) }, clock(time))),
        h("div", { class: "message-bubble" },
          row.quoted !== undefined && quote(row.quoted, me),
          item.deleted ? h("p", { class: "message-gone" }, icon("trash"), "This message was deleted.") : body(item),
          own && sign(row)),
        !entry && reactions(item, me),
        stateLine(item))));
}

function body(item) {
  const text = contentOf(item);
  const audio = item.msg_type === "audio" && h("a", { class: "message-file", href: `/api/chat/message/audio/content?id=${item.id}`, download: "" }, icon("download"), "Voice message");
  if (audio && !item.content) return audio;
  return [h("p", { class: "message-text", dir: "auto", data: { testid: "message-text" } }, linked(text)), audio];
}

/** Addresses of the web become links; everything stays text. */
function linked(text) {
  const parts = [];
  let from = 0;
  for (const { 0: address, index } of text.matchAll(LINK)) {
    parts.push(text.slice(from, index), h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, address));
    from = index + address.length;
  }
  return [...parts, text.slice(from)];
}

function quote(message, me) {
  if (!message) return h("p", { class: "message-quote" }, "In reply to an earlier message");
  const who = typeof message.sender !== "object" ? "Greenroom" : message.sender.id === me.id ? "You" : displayName(message.sender);
  const text = message.deleted ? "Deleted message" : contentOf(message).replace(/\s+/g, " ").slice(0, QUOTE_CHARS);
  return h("p", { class: "message-quote", dir: "auto" }, bdi(who, { class: "message-quote-name" }), " ", text);
}

function reactions(message, me) {
  const entries = Object.entries(message.reactions ?? {});
  if (entries.length === 0) return null;
  const may = actsOn(chats().conversations.get(message.conversation_id) ?? { kind: "direct" }, message, me).react;
  return h("ul", { class: "reactions", "aria-label": "Reactions" }, entries.map(([emoji, users]) => {
    const mine = users.includes(me.id);
    return h("li", null, h("button", {
      type: "button", class: "reaction", disabled: !may, "aria-pressed": String(mine), title: namesOf(users), data: { testid: "reaction", emoji },
      on: { click: () => act((core) => core.react(message.id, emoji, mine)) },
    }, h("span", null, emoji), h("span", { class: "reaction-count" }, String(users.length)),
      h("span", { class: "sr-only" }, ` by ${namesOf(users)}. ${mine ? "Take yours back" : "React with the same"}`)));
  }));
}

/** What changes with every message stands beside it: a line that comes and goes would move all the others. */
function sign({ item, seen }) {
  if (item.state === "pending") return mark("clock", "Sending …", "pending");
  return seen ? mark("check", "Seen", "seen") : null;
}

const mark = (name, text, testid) => h("span", { class: "message-sign", title: text, data: { testid } }, icon(name), h("span", { class: "sr-only" }, text));

function stateLine(item) {
  if (isEntry(item)) return entryState(item);
  return isEdited(item) ? h("p", { class: "message-state" }, "Edited") : null;
}

function entryState(entry) {
  if (entry.state === "sent") return null;
  if (entry.state === "pending") return chats().online ? null : h("p", { class: "message-state" }, "Will be sent when the connection returns");
  return h("div", { class: "message-state is-bad", role: "alert", data: { testid: "failed" } }, icon("alert"), h("span", null, `Not sent. ${entry.problem}`),
    h("button", { type: "button", class: "button small", data: { testid: "retry-message" }, on: { click: () => act((core, now) => core.retry(entry.id, now)) } }, "Try again"),
    h("button", { type: "button", class: "button small quiet", on: { click: () => act((core) => core.discard(entry.id)) } }, "Discard"));
}
