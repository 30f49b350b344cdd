// The list of conversations: who waits, what is new, search, and the way to new ones.

import { fill, h, icon, reconcile } from "../dom.js";
import { loadError } from "../views/load-error.js";
import { chats, problemOfList, refresh } from "./client.js";
import { conversationRow } from "./list-row.js";
import { arranged, isStaff } from "./model.js";
import { newMenu } from "./new-menu.js";
import { searchResults } from "./search.js";

const DONE_SHOWN = 5;

export function listPane() {
  const title = h("h1", { tabindex: "-1", class: "chat-title", data: { testid: "conversations-title" } }, "Conversations");
  const search = h("input", { type: "search", class: "input", placeholder: "Find a conversation or a message", "aria-label": "Find a conversation or a message",
    autocomplete: "off", data: { testid: "chat-search" } });
  const results = searchResults();
  const groups = [
    group("queue", "Waiting for a coach"),
    group("others", null),
    group("done", "Closed"),
  ];
  const note = h("div", { class: "list-note" });
  const more = h("button", { type: "button", class: "button small quiet", on: { click: () => { unfolded = true; render(); } } }, "Show all closed chats");
  const scroller = h("div", { class: "chat-list-scroll", on: { keydown: rove } },
    groups.map(({ node }) => node), more, note, results.node);
  const node = h("section", { class: "chat-list", "aria-label": "Conversations" },
    h("header", { class: "chat-list-head" }, h("div", { class: "chat-list-top" }, title, newMenu()), search),
    scroller);
  let selected = null;
  let unfolded = false;

  const render = () => {
    const core = chats();
    if (!core) return;
    const arrangement = arranged(core.conversations.values(), core.me, search.value);
    const hidden = unfolded || search.value ? 0 : Math.max(0, arrangement.done.length - DONE_SHOWN);
    if (hidden > 0) arrangement.done = arrangement.done.slice(0, DONE_SHOWN);
    more.hidden = hidden === 0;
    for (const { key, update } of groups) update(arrangement[key], selected);
    const count = groups.reduce((sum, { key }) => sum + arrangement[key].length, 0);
    renderNote(note, core, count, search.value.trim() !== "");
  };
  search.addEventListener("input", () => {
    render();
    results.ask(search.value);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      scroller.querySelector("a")?.focus();
    }
  });
  return {
    node,
    /** @param {string | null} id @param {string} left which one was open before */
    select(id, left) {
      selected = id;
      render();
      // on a phone the list comes back: the focus goes where it came from
      if (id === null && left) scroller.querySelector(`a[data-conversation="${left}"]`)?.focus();
    },
    /** @param {Set<string>} changes */
    update(changes) {
      if (changes.has("list") || changes.has("people") || changes.has("typing")) render();
    },
  };
}

function group(key, label) {
  const known = new Map();
  const list = h("ul", { class: "chat-rows", data: { testid: `chat-${key}` }, "aria-label": label ?? "Your conversations" });
  const count = h("span", { class: "chat-count" });
  const node = h("div", { class: "chat-group" },
    label && h("h2", { class: "chat-group-title" }, label, count), list);
  return {
    key, node,
    update(conversations, selected) {
      node.hidden = conversations.length === 0;
      count.textContent = String(conversations.length);
      reconcile(list, conversations, ({ id }) => id, conversationRow, known);
      for (const [id, entry] of known) entry.select(id === selected);
    },
  };
}

function renderNote(note, core, count, filtered) {
  const problem = problemOfList();
  const wanted = problem && !core.listed ? "problem" : !core.listed ? "loading" : count > 0 || filtered ? "" : "empty";
  if (note.dataset.state === wanted && wanted !== "problem") return;
  note.dataset.state = wanted;
  if (wanted === "problem") {
    fill(note, loadError(problem.error, refresh));
  } else if (wanted === "loading") {
    fill(note, h("p", { class: "sr-only", role: "status" }, "Loading your conversations."), [1, 2, 3, 4].map(() => h("div", { class: "chat-skeleton" })));
  } else if (wanted === "empty") {
    fill(note, h("p", { class: "hint" }, icon("info"), isStaff(core.me) ? "Nobody waits for you." : "Nothing here yet: begin with the button “New”."));
  } else fill(note);
}

/** Arrow keys move among the links, as in a list. */
function rove(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll("a")].filter((link) => link.checkVisibility());
  const from = links.indexOf(document.activeElement);
  if (from < 0) return;
  event.preventDefault();
  const to = Math.max(0, Math.min(links.length - 1, from + step));
  links[to]?.focus();
}
