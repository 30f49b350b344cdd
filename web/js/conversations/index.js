// Conversations: the list on one side, the open conversation on the other; on a phone one after the other.

import { h } from "../dom.js";
import { remember, setTitle } from "../router.js";
import { act, askForQueue, chats, watch } from "./client.js";
import { listPane } from "./list-pane.js";
import { titleOf } from "./model.js";
import { threadPane } from "./thread-pane.js";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * @typedef {{ path: string, query: URLSearchParams }} Place `path`: what follows `#/conversations/`, decoded, or ""
 * @typedef {{ place: Place, signal: AbortSignal }} Context `signal` aborts when the view is left
 */

/**
 * Fills the view. @param {HTMLElement} root @param {Context} context
 * @returns {{ update: (place: Place) => void }} `update`: the address changed, but the view stays
 */
export function mount(root, { place, signal }) {
  const list = listPane();
  const side = h("div", { class: "chat-main", data: { testid: "chat-main" } });
  const frame = h("div", { class: "chat", data: { testid: "chat" } }, list.node, side);
  root.append(frame);
  /** @type {ReturnType<typeof threadPane> | null} */
  let thread = null;
  let shown = "";

  const open = ({ path, query }) => {
    const id = ID.test(path) ? path.toLowerCase() : null;
    const left = shown;
    const at = Number(query.get("at")) || null;
    frame.dataset.open = String(id !== null);
    if (id !== shown || thread === null) {
      thread?.dispose();
      thread = id ? threadPane(id) : null;
      side.replaceChildren(thread?.node ?? nothingOpen(path !== ""));
      shown = id ?? "";
      act((core) => core.show(id));
      thread?.opened();
    }
    if (at !== null && id !== null) {
      thread?.jump(at);
      // asked for once: the same result of a search may be chosen again
      remember(`/conversations/${id}`);
    }
    list.select(id, left);
    title();
  };
  const title = () => {
    const core = chats();
    const conversation = core?.conversations.get(shown);
    setTitle(conversation ? titleOf(conversation, core.me) : "Conversations");
  };

  const stop = watch((changes) => {
    list.update(changes);
    thread?.update(changes);
    if (changes.has(shown)) title();
  });
  signal.addEventListener("abort", () => {
    stop();
    thread?.dispose();
    act((core) => core.show(null));
  });
  list.update(new Set(["list"]));
  open(place);
  askForQueue();
  return { update: open };
}

function nothingOpen(unknown) {
  return h("div", { class: "chat-nothing" },
    h("p", { class: "chat-nothing-title" }, unknown ? "There is no such conversation" : "Choose a conversation"),
    h("p", { class: "hint" }, unknown ? "The address is not complete. Choose one from the list." : "Or begin a new one with the button “New”."));
}
