// Messages found by their words, under the list of conversations.

import { bdi, fill, h } from "../dom.js";
import { errorText } from "../format.js";
import { request, url } from "../api.js";
import { address } from "../router.js";
import { chats } from "./client.js";
import { contentOf, displayName, titleOf } from "./model.js";
import { shortTime } from "./times.js";

const WAIT_MS = 300;
const LIMIT = 20;
const AROUND = 60;

export function searchResults() {
  const list = h("ul", { class: "chat-rows", data: { testid: "search-results" }, "aria-label": "Messages found" });
  const note = h("p", { class: "hint", role: "status" });
  const more = h("button", { type: "button", class: "button small quiet" }, "Show more");
  const node = h("div", { class: "chat-group chat-search-results" }, h("h2", { class: "chat-group-title" }, "Messages"), note, list, more);
  node.hidden = true;
  /** @type {AbortController | null} */
  let asking = null;
  let timer = 0;

  const page = async (text, cursor) => {
    asking?.abort();
    const abort = asking = new AbortController();
    if (!cursor) fill(note, "Searching …");
    try {
      const { data, nextCursor } = await request("GET", url("/api/messages/search", { q: text, limit: LIMIT, cursor }), { signal: abort.signal });
      const found = data.filter((message) => !message.deleted);
      if (!cursor) list.replaceChildren();
      list.append(...found.map((message) => result(message, text)));
      fill(note, list.childElementCount === 0 && "No message has these words.");
      note.hidden = list.childElementCount > 0;
      more.hidden = !nextCursor;
      more.onclick = () => page(text, nextCursor);
    } catch (error) {
      if (abort.signal.aborted) return;
      note.hidden = false;
      fill(note, errorText(error));
    }
  };
  return {
    node,
    /** @param {string} text what was typed */
    ask(text) {
      const wanted = text.trim();
      clearTimeout(timer);
      asking?.abort();
      node.hidden = wanted.length < 2;
      if (node.hidden) return;
      note.hidden = false;
      more.hidden = true;
      timer = setTimeout(() => page(wanted, null), WAIT_MS);
    },
  };
}

function result(message, text) {
  const core = chats();
  const conversation = core?.conversations.get(message.conversation_id);
  return h("li", null, h("a", {
    class: "chat-row", href: address(`/conversations/${message.conversation_id}`, { at: message.seq }), data: { testid: "search-result" },
  }, h("span", { class: "chat-row-words" },
    h("span", { class: "chat-row-line" },
      h("span", { class: "chat-row-name" }, heading(message, conversation, core.me)),
      h("time", { class: "chat-row-time", datetime: message.created_at }, shortTime(message.created_at))),
    h("span", { class: "chat-row-preview is-long", dir: "auto" }, marked(contentOf(message), text)))));
}

/** Who wrote it, and where. */
function heading(message, conversation, me) {
  const who = typeof message.sender !== "object" ? "Greenroom" : message.sender.id === me.id ? "You" : displayName(message.sender);
  if (!conversation) return bdi(who);
  const title = titleOf(conversation, me);
  if (title === who) return bdi(who);
  return [bdi(who), conversation.kind === "direct" ? " to " : " in ", bdi(title)];
}

/** The text around the first word that was looked for, the words marked. */
function marked(content, text) {
  const words = text.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\"]/g, "\\$&")).filter(Boolean);
  const pattern = new RegExp(`(${words.join("|")})`, "giu");
  const first = Math.max(0, content.search(pattern));
  const start = Math.max(0, first - AROUND);
  const cut = content.slice(start, first + 2 * AROUND).replace(/\s+/g, " ");
  const parts = cut.split(pattern).map((part, index) => (index % 2 === 1 ? h("mark", null, part) : part));
  return [start > 0 && "…", parts, first + 2 * AROUND < content.length && "…"];
}
