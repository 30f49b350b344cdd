// One open conversation: who it is with, its messages, and the field to write in.

import { fill, h, icon, setText } from "../dom.js";
import { address } from "../router.js";
import { busy } from "../views/busy.js";
import { setStatus } from "./api.js";
import { chats } from "./client.js";
import { composer } from "./composer.js";
import { badgeOf, typing } from "./list-row.js";
import { messageLog } from "./log.js";
import { aboutOf, actsIn, peer, titleOf } from "./model.js";
import { isOnline, namesOf, updatePresence } from "./people.js";
import { conversationActions } from "./thread-actions.js";

/** @param {string} id */
export function threadPane(id) {
  const { me } = chats();
  const title = h("h1", { class: "thread-title", tabindex: "-1", dir: "auto", data: { testid: "thread-title" } });
  const about = h("p", { class: "thread-about", data: { testid: "thread-about" } });
  const mark = h("span", { class: "chat-row-mark" });
  const actions = conversationActions(id);
  const head = h("header", { class: "thread-head" },
    h("a", { class: "icon-button thread-back", href: address("/conversations"), "aria-label": "Back to the list", data: { testid: "thread-back" } }, icon("back")),
    mark, h("div", { class: "thread-words" }, title, about), actions.node);
  const typists = h("p", { class: "thread-typing", "aria-live": "off", data: { testid: "typing" } });
  const writer = composer(id);
  const closed = h("div", { class: "thread-closed" });
  const log = messageLog(id, { reply: (message) => writer.reply(message), edit: (message) => writer.edit(message) });
  const foot = h("div", { class: "thread-foot" }, typists, writer.node, closed);
  const note = h("div", { class: "thread-note" });
  const node = h("section", { class: "thread", "aria-label": "Conversation", data: { testid: "thread", conversation: id } }, head, note, log.node, foot);
  writer.onEditLast(() => log.lastOwn());
  let marked = "";
  let closedKey = "";

  const renderHead = (conversation) => {
    const other = peer(conversation, me);
    const key = `${conversation.kind} ${other?.id} ${titleOf(conversation, me)}`;
    if (key !== marked) mark.replaceChildren(badgeOf(conversation, me));
    marked = key;
    setText(title, titleOf(conversation, me));
    setText(about, conversation.kind === "direct" ? presenceLine(other, me) : aboutOf(conversation, me));
    about.dataset.online = String(conversation.kind === "direct" && isOnline(other));
    updatePresence(mark, other);
    actions.update(conversation);
  };
  const renderFoot = (conversation) => {
    const may = actsIn(conversation, me);
    writer.node.hidden = !may.post;
    closed.hidden = may.post;
    const state = `${conversation.status} ${may.reopen}`;
    if (may.post || state === closedKey) return;
    closedKey = state;
    fill(closed, h("p", null, conversation.status === "archived" ? "This chat is in the archive." : "This chat is closed."),
      may.reopen && h("button", { type: "button", class: "button small", data: { testid: "reopen" }, on: { click: (event) => busy(event.currentTarget, () => setStatus(id, "active")) } }, "Reopen"));
  };
  const renderTyping = () => {
    const ids = typing(id, me.id);
    setText(typists, ids.length === 0 ? "" : `${namesOf(ids)} ${ids.length === 1 ? "is" : "are"} typing …`);
  };
  const render = () => {
    const core = chats();
    const conversation = core?.conversations.get(id);
    head.hidden = foot.hidden = log.node.hidden = !conversation;
    if (conversation) {
      fill(note);
      renderHead(conversation);
      renderFoot(conversation);
      log.update();
    } else fill(note, core?.lost.has(id) ? lost() : h("p", { class: "hint", role: "status" }, "Opening …"));
  };

  return {
    node,
    opened() {
      render();
      if (matchMedia("(min-width: 761px) and (not (pointer: coarse))").matches) writer.focus();
      else title.focus({ preventScroll: true });
    },
    jump: (seq) => log.jump(seq),
    /** @param {Set<string>} changes */
    update(changes) {
      if (changes.has(id) || changes.has("people")) render();
      if (changes.has("typing")) renderTyping();
      writer.update();
    },
    dispose() {
      log.dispose();
      writer.dispose();
    },
  };
}

function presenceLine(other, me) {
  if (!other) return "This account was deleted";
  if (other.id === me.id) return "Notes to yourself";
  if (!chats()?.online) return "";
  return isOnline(other) ? "Online" : "Offline";
}

function lost() {
  return h("div", { class: "chat-nothing", data: { testid: "thread-lost" } },
    h("p", { class: "chat-nothing-title" }, "This conversation is not here"),
    h("p", { class: "hint" }, "It was deleted, you left it, or it is with somebody else now."),
    h("a", { class: "button", href: address("/conversations") }, "Back to the list"));
}
