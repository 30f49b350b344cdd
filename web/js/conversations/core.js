// All that the page knows of conversations: frames, answers and wishes come in, state and effects come out. Pure: no
// network, no page, and the time is passed in.

import { receive } from "./frames.js";
import { drop, list, meet, merge, patch, queue } from "./listing.js";
import { isQueued } from "./model.js";
import { Outbox, sendFrame } from "./outbox.js";
import { Thread } from "./thread.js";
import { Typing } from "./typing.js";

/**
 * @typedef {import("./model.js").Conversation} Conversation
 * @typedef {import("./model.js").Me} Me
 * @typedef {{ do: "send", frame: any } | { do: "load", id: string, load: import("./thread.js").Load }
 *   | { do: "fetch", id: string } | { do: "list" } | { do: "heard", id: string, message: import("./thread.js").Message }
 *   | { do: "problem", error: any } | { do: "keep" }} Effect
 *   what is to be done outside: send a frame, read a page of messages, read one conversation, read the list, say that a
 *   message came, show a problem, keep what is pending over a reload
 */

/** Conversations without members tell their news to listeners only: so many of them are listened to. */
const MAX_WATCHED = 60;
/** Conversations whose messages are held at once. */
const MAX_THREADS = 8;

export class Core {
  /** @param {Me} me @param {import("./outbox.js").Entry[]} [kept] */
  constructor(me, kept = []) {
    this.me = me;
    /** @type {Map<string, Conversation>} */
    this.conversations = new Map();
    /** Whether the list has been read once. */
    this.listed = false;
    /** @type {Map<string, Thread>} the latest used last */
    this.threads = new Map();
    /** @type {Map<number, import("./thread.js").Person>} */
    this.people = new Map();
    this.typing = new Typing();
    /** What came and went since the list was asked for. */
    this.meanwhile = { come: new Set(), gone: new Set() };
    /** Conversations that were asked for and are not there, or not any more. @type {Set<string>} */
    this.lost = new Set();
    this.outbox = new Outbox(kept);
    /** @type {string | null} */
    this.open = null;
    this.online = false;
    /** What this connection listens to, or has asked for. @type {Set<string>} */
    this.heard = new Set();
    /** Frames that may be refused, by the name given to them. @type {Map<string, { id?: string, kind: string, after?: number }>} */
    this.asked = new Map();
    this.named = 0;
    /** Frames came too fast and were dropped: when to ask again. @type {number | null} */
    this.again = null;
    /** The message to be shown when the conversation is here. @type {{ id: string, seq: number } | null} */
    this.wanted = null;
    /** Whether the open conversation is seen up to its end. */
    this.reading = false;
    /** @type {Effect[]} */
    this.effects = [];
    /** What changed since it was looked at: "list", "people", "typing", or the id of a conversation. @type {Set<string>} */
    this.changes = new Set();
  }

  /** The effects so far, and what changed: both only once. */
  take() {
    const taken = { effects: this.effects, changes: this.changes };
    this.effects = [];
    this.changes = new Set();
    return taken;
  }

  send(frame) {
    this.effects.push({ do: "send", frame });
  }

  /** Sends a frame under a name, so that a refusal can be told from others. */
  ask(kind, frame) {
    const name = `c-${this.named += 1}`;
    this.asked.set(name, { id: frame.conversation_id, kind, after: frame.after_seq });
    if (this.asked.size > 300) this.asked.delete(this.asked.keys().next().value);
    this.send({ ...frame, id: name });
  }

  // ---- the connection

  /** A new connection stands. It knows nothing of what the last one listened to. */
  connected(now) {
    this.online = true;
    this.changes.add("people");
    if (this.open) this.changes.add(this.open);
    this.heard.clear();
    this.asked.clear();
    // first what is pending: an acknowledgement that got lost comes before the message by recovery, as a rule
    this.flush(now);
    if (this.open) this.resume(this.open);
    this.effects.push({ do: "list" });
  }

  /** What could not be read without a connection is read now. */
  resume(id) {
    this.listen(id);
    if (!this.conversations.has(id)) this.effects.push({ do: "fetch", id });
    const thread = this.threads.get(id);
    if (!thread?.problem) return;
    thread.problem = null;
    if (!thread.ready) this.load(id, "newest");
  }

  disconnected() {
    if (!this.online) return;
    this.online = false;
    this.heard.clear();
    this.outbox.interrupted();
    this.typing.clear();
    this.changes.add("typing").add("people");
    if (this.open) this.changes.add(this.open);
  }

  /** Time passes: what was not answered is sent again, who fell silent types no more. */
  tick(now) {
    this.flush(now);
    if (this.again !== null && this.again <= now) {
      this.again = null;
      if (this.open) this.listen(this.open);
      this.watch();
    }
    if (this.typing.expire(now)) this.changes.add("typing");
  }

  listen(id) {
    if (!this.online || this.heard.has(id)) return;
    this.heard.add(id);
    const thread = this.threads.get(id);
    this.ask("subscribe", { type: "subscribe", conversation_id: id, ...(thread ? { after_seq: thread.seq } : {}) });
  }

  /** Listens to what tells its news to listeners only, and no more to what is gone. */
  watch() {
    const wanted = [...this.conversations.values()]
      .filter((one) => one.kind === "global" || one.kind === "channel" || isQueued(one, this.me))
      .sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, MAX_WATCHED);
    for (const { id } of wanted) this.listen(id);
  }

  unlisten(id) {
    if (!this.heard.delete(id) || !this.online) return;
    this.send({ type: "unsubscribe", conversation_id: id });
  }

  // ---- the list

  /** The list is asked for: what comes and goes until the answer is here is newer than the answer. */
  asksForList() {
    this.meanwhile = { come: new Set(), gone: new Set() };
  }

  /** The list was read. @param {Conversation[]} found @param {boolean} complete whether it names all there are */
  list(found, complete) {
    list(this, found, complete);
  }

  /** The active support chats were read. */
  queue(found, complete) {
    queue(this, found, complete);
  }

  /** One conversation was read. */
  fetched(conversation) {
    this.merge(conversation);
    if (this.open === conversation.id && !this.threads.has(conversation.id)) this.begin(conversation.id);
    this.watch();
  }

  /** The conversation that was asked for is not there, or not for us. */
  missing(id) {
    this.drop(id);
  }

  /** Takes in what is told of a conversation. @param {Conversation} news */
  merge(news) {
    merge(this, news);
  }

  /** A conversation is gone, or we from it. @param {string} id */
  drop(id) {
    drop(this, id);
  }

  /** @param {import("./thread.js").Person[]} people */
  meet(...people) {
    meet(this, ...people);
  }

  // ---- one conversation

  /** Somebody opens a conversation, or none. */
  show(id) {
    if (this.open === id) return;
    this.close();
    this.open = id;
    if (id === null) return;
    this.changes.add(id);
    if (this.conversations.has(id)) this.begin(id);
    else this.effects.push({ do: "fetch", id });
  }

  close() {
    const id = this.open;
    if (id === null) return;
    this.type(id, false, 0);
    this.open = null;
    this.reading = false;
    const kind = this.conversations.get(id)?.kind;
    const thread = this.threads.get(id);
    if (thread) thread.divider = null;
    if (kind !== "global" && kind !== "channel") this.unlisten(id);
  }

  begin(id) {
    const conversation = this.conversations.get(id);
    let thread = this.threads.get(id);
    this.threads.delete(id);
    thread ??= new Thread(id, conversation.last_seq);
    this.threads.set(id, thread);
    for (const old of [...this.threads.keys()].slice(0, -MAX_THREADS)) this.threads.delete(old);
    thread.undivided = conversation.unread;
    if (this.heard.has(id)) thread.divide(this.me.id);
    this.listen(id);
    if (!thread.ready && !thread.loading) this.load(id, "newest");
    this.changes.add(id);
  }

  load(id, side, hit = null) {
    const thread = this.threads.get(id);
    const load = thread?.ask(side, hit);
    if (load) this.effects.push({ do: "load", id, load });
    this.changes.add(id);
  }

  loaded(id, load, page, more) {
    const thread = this.threads.get(id);
    if (!thread?.loaded(load, page, more)) return;
    for (const message of page) this.meet(message.sender);
    thread.divide(this.me.id);
    if (this.wanted?.id === id) this.jump(id, this.wanted.seq);
    for (const { messageId } of this.outbox.of(id)) if (messageId && thread.shows.has(messageId)) this.settle(messageId);
    this.changes.add(id);
  }

  failed(id, load, problem) {
    this.threads.get(id)?.failed(load, problem);
    this.changes.add(id);
  }

  /** Reads the history around a message that is not here. */
  jump(id, seq) {
    this.wanted = { id, seq };
    const thread = this.threads.get(id);
    if (!thread?.ready) return;
    this.wanted = null;
    if (!thread.messages.some((message) => message.seq === seq)) this.load(id, "around", seq);
  }

  /** Somebody sees the conversation up to its end: whether new messages are read as they come. */
  read(id, reading) {
    if (this.open !== id) return;
    this.reading = reading;
    const thread = this.threads.get(id);
    if (!reading || !thread?.ready || !thread.live) return;
    const seq = Math.max(thread.latest, this.conversations.get(id)?.last_message?.seq ?? 0);
    const unread = (this.conversations.get(id)?.unread ?? 0) > 0;
    if (this.online && seq > 0 && (unread || seq > (thread.reads.get(this.me.id) ?? 0))) {
      thread.reads.set(this.me.id, seq);
      this.ask("read", { type: "read", conversation_id: id, seq });
    }
    if (unread) patch(this, id, { unread: 0 });
    thread.trim("newest");
  }

  type(id, typing, now) {
    if (this.online && this.typing.mine(id, typing, now)) this.send({ type: "typing", conversation_id: id, typing });
  }

  // ---- writing

  post(name, id, content, replyTo, now) {
    this.outbox.add(name, id, content, replyTo, now);
    this.typing.own = { id: null, at: 0 };
    this.changes.add(id);
    this.flush(now);
    this.effects.push({ do: "keep" });
  }

  retry(name, now) {
    const entry = this.outbox.find(name);
    if (!entry) return;
    this.outbox.retry(name);
    this.changes.add(entry.conversation);
    this.flush(now);
  }

  discard(name) {
    const entry = this.outbox.find(name);
    if (!entry) return;
    this.outbox.remove(name);
    this.changes.add(entry.conversation);
    this.effects.push({ do: "keep" });
  }

  flush(now) {
    if (!this.online) return;
    for (const entry of this.outbox.due(now)) this.send(sendFrame(entry));
  }

  settle(messageId) {
    if (this.outbox.settle(messageId)) this.effects.push({ do: "keep" });
  }

  /** A change that nobody keeps for later: without a connection it is refused here. */
  wish(kind, frame) {
    if (this.online) this.ask(kind, frame);
    else this.effects.push({ do: "problem", error: { message: "There is no connection at the moment. Try again when it is back." } });
  }

  edit(messageId, content) {
    this.wish("edit", { type: "edit", message_id: messageId, content });
  }

  remove(messageId) {
    this.wish("delete", { type: "delete", message_id: messageId });
  }

  react(messageId, emoji, remove) {
    this.wish("react", { type: "react", message_id: messageId, emoji, ...(remove ? { remove } : {}) });
  }

  // ---- frames

  receive(frame, now) {
    receive(this, frame, now);
  }
}
