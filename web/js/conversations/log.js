// The messages of a conversation: a log that grows at its end, is read upwards page by page without a jump, and knows
// what has been seen.

import { fill, h, icon, reconcile, setText } from "../dom.js";
import { loadError } from "../views/load-error.js";
import { act, chats } from "./client.js";
import { messageActions } from "./message-actions.js";
import { messageRow } from "./message-row.js";
import { senderId } from "./thread.js";
import { timeline } from "./outbox.js";
import { sameDay } from "./times.js";

/** So near to an end of the window the next page is asked for. */
const NEAR_PX = 600;
/** So near to the end is at the end. */
const END_PX = 60;
/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

/** @param {string} id @param {{ reply: (message: any) => void, edit: (message: any) => void }} wishes */
export function messageLog(id, wishes) {
  const known = new Map();
  const list = h("div", { class: "log-list", role: "log", tabindex: "0", "aria-live": "off", "aria-label": "Messages", data: { testid: "log" } });
  const top = h("div", { class: "log-top" });
  const bottom = h("div", { class: "log-bottom" });
  const scroller = h("div", { class: "log-scroll", tabindex: "-1" }, top, list, bottom);
  const newer = h("button", { type: "button", class: "button small log-newer", data: { testid: "to-newest" } }, icon("arrow"), h("span", null, "Newest"));
  newer.hidden = true;
  const node = h("div", { class: "thread-log" }, scroller, newer);
  const toolbar = messageActions(id, wishes);
  let atEnd = true;
  let first = null;
  let last = null;
  /** The message to be shown as soon as it is here. @type {number | null} */
  let target = null;
  let items = null;
  let unseen = 0;
  let width = 0;

  const thread = () => chats()?.threads.get(id);
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
  const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_PX;

  const render = () => {
    const core = chats();
    const held = thread();
    if (!core || !held) return;
    renderEnds(held);
    const next = held.ready ? timeline(held, core.outbox.of(id)) : items ?? [];
    const rows = described(next, held, core);
    const oldTop = anchor();
    reconcile(list, rows, ({ key }) => key, (row) => messageRow(row, core.me), known);
    const grown = next !== items && next.length > 0;
    items = next;
    if (held.ready) place(held, grown, oldTop);
    toolbar.settle(list);
    look();
  };

  /** A row that stays where it is while others come and go above it. */
  const anchor = () => {
    const edge = scroller.getBoundingClientRect().top;
    for (const row of list.children) {
      const box = row.getBoundingClientRect();
      if (box.bottom > edge) return { row, top: box.top };
    }
    return null;
  };

  const place = (held, grown, before) => {
    const newest = held.latest;
    if (target !== null && showTarget(held)) return;
    if (first === null && held.messages.length > 0) {
      first = held.messages[0].seq;
      const divider = list.querySelector(".log-divider");
      if (divider && held.live) divider.scrollIntoView({ block: "center" });
      else toEnd();
      atEnd = isAtEnd();
    } else if (atEnd && held.live) toEnd();
    else if (before?.row.isConnected) scroller.scrollTop += before.row.getBoundingClientRect().top - before.top;
    if (grown && last !== null && newest > last && !atEnd && held.live) {
      unseen += held.messages.filter((message) => message.seq > last && senderId(message) !== chats().me.id && !message.deleted).length;
    }
    last = newest;
  };

  const showTarget = (held) => {
    const message = held.messages.find(({ seq }) => seq === target);
    if (!message) return false;
    target = null;
    const row = known.get(message.id)?.node;
    atEnd = false;
    first ??= held.messages[0].seq;
    last = held.latest;
    row.scrollIntoView({ block: "center" });
    row.classList.add("is-found");
    row.addEventListener("animationend", () => row.classList.remove("is-found"), { once: true });
    row.focus({ preventScroll: true });
    return true;
  };

  const renderEnds = (held) => {
    const state = held.problem ? "problem" : !held.ready ? "loading" : held.loading?.side === "older" ? "older"
      : held.hasOlder ? "more" : held.messages.length === 0 && chats().outbox.of(id).length === 0 ? "empty" : "start";
    if (top.dataset.state === state && state !== "problem") return;
    top.dataset.state = state;
    fill(top, {
      problem: () => loadError(held.problem, () => act((core) => core.load(id, held.ready ? "older" : "newest"))),
      loading: () => [h("p", { class: "sr-only", role: "status" }, "Loading messages."), [64, 40, 52, 72, 34].map((size) => h("div", { class: "log-skeleton", data: { size: String(size) } }))],
      older: () => h("p", { class: "log-hint", role: "status" }, "Loading earlier messages …"),
      more: () => h("button", { type: "button", class: "button small quiet", on: { click: () => act((core) => core.load(id, "older")) } }, "Show earlier messages"),
      empty: () => h("p", { class: "log-hint", data: { testid: "log-empty" } }, "No messages yet. Say hello."),
      start: () => h("p", { class: "log-hint" }, "This is where the conversation begins."),
    }[state]());
  };

  /** What is seen is read; what is near is fetched. */
  const look = () => {
    const held = thread();
    if (!held) return;
    if (held.ready && first !== null) {
      if (scroller.scrollTop < NEAR_PX && held.hasOlder && !held.loading && !held.problem) act((core) => core.load(id, "older"));
      else if (!held.live && !held.loading && !held.problem && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX) {
        act((core) => core.load(id, "newer"));
      }
    }
    if (atEnd) unseen = 0;
    newer.hidden = held.live && atEnd;
    setText(newer.lastElementChild, unseen > 0 ? `${unseen} new` : "Newest");
    const reading = held.live && atEnd && document.visibilityState === "visible" && document.hasFocus();
    act((core) => core.read(id, reading));
  };

  const onScroll = () => {
    atEnd = isAtEnd();
    look();
  };
  newer.addEventListener("click", () => {
    const held = thread();
    atEnd = true;
    if (held?.live) toEnd();
    else {
      first = null;
      act((core) => core.load(id, "newest"));
    }
    look();
  });
  scroller.addEventListener("scroll", onScroll, { passive: true });
  list.addEventListener("keydown", (event) => rove(event, list));
  toolbar.attach(list);
  const resized = new ResizeObserver(() => {
    // the keyboard of a phone, or a taller field, must not push the last message out of sight
    if (atEnd || scroller.clientWidth !== width && atEnd) toEnd();
    width = scroller.clientWidth;
  });
  resized.observe(scroller);
  for (const name of ["focus", "blur"]) addEventListener(name, look);
  document.addEventListener("visibilitychange", look);

  return {
    node,
    update: render,
    jump(seq) {
      target = seq;
      const held = thread();
      if (held?.ready && held.messages.some((message) => message.seq === seq)) place(held, false, null);
      else act((core) => core.jump(id, seq));
    },
    /** The latest message of one's own that can be edited. */
    lastOwn() {
      const held = thread();
      return held?.messages.findLast((message) => senderId(message) === chats().me.id && !message.deleted && message.msg_type === "text");
    },
    dispose() {
      resized.disconnect();
      toolbar.dispose();
      for (const name of ["focus", "blur"]) removeEventListener(name, look);
      document.removeEventListener("visibilitychange", look);
    },
  };
}

/** The rows: each message or pending entry with what its neighbours make of it. */
function described(items, held, core) {
  const byId = new Map(held.messages.map((message) => [message.id, message]));
  const seen = seenBy(held, core);
  return items.map((item, index) => {
    const before = items[index - 1];
    const newDay = !before || !sameDay(timeOf(before), timeOf(item));
    const divided = held.divider !== null && item.seq === held.divider;
    return {
      key: item.id, item, newDay, divided,
      together: !newDay && !divided && standsWith(before, item, core.me.id),
      quoted: quoteOf(item, byId),
      seen: seen === item.id,
    };
  });
}

const isEntry = (item) => item.state !== undefined;
const timeOf = (item) => item.created_at ?? item.createdAt;
const writer = (item, me) => (isEntry(item) ? me : typeof item.sender === "object" ? item.sender.id : item.sender);

function standsWith(before, item, me) {
  return writer(before, me) === writer(item, me) && Date.parse(timeOf(item)) - Date.parse(timeOf(before)) < TOGETHER_MS;
}

/** What is answered to: `undefined`: nothing; `null`: a message that is not here. */
function quoteOf(item, byId) {
  const id = isEntry(item) ? item.replyTo : item.reply_to;
  return id ? byId.get(id) ?? null : undefined;
}

/** The last message of one's own that the other has read, where there is one other. @returns {string | null} */
function seenBy(held, core) {
  const conversation = core.conversations.get(held.id);
  if (!conversation || (conversation.kind !== "direct" && conversation.kind !== "support")) return null;
  const read = Math.max(0, ...[...held.reads].filter(([user]) => user !== core.me.id).map(([, seq]) => seq));
  const last = held.messages.findLast((message) => senderId(message) === core.me.id && !message.deleted);
  return last && last.seq <= read ? last.id : null;
}

/** Up and down from message to message; from the log itself up to the last one. */
function rove(event, list) {
  if (event.target.closest("button, a, input, textarea, [role=menu]")) return;
  const row = event.target.closest(".message");
  const next = {
    ArrowUp: () => (row ? row.previousElementSibling : list.lastElementChild),
    ArrowDown: () => row?.nextElementSibling,
    Home: () => list.firstElementChild,
    End: () => list.lastElementChild,
  }[event.key]?.();
  if (!next) return;
  event.preventDefault();
  next.focus();
}
