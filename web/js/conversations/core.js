// All that the page knows of conversations: frames, answers and wishes come in, state and effects come out. Pure: no
// network, no page, and the time is passed in.

import { isLost, isQueued } from "./model.js";
import { Outbox, sendFrame } from "./outbox.js";
import { Thread, senderId } from "./thread.js";
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
const EVENTS = new Set(["new_message", "message_updated", "message_deleted", "reaction"]);

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
    /** What was begun and not sent, by conversation. @type {Map<string, string>} */
    this.drafts = new Map();
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

  /**
   * The list was read. @param {Conversation[]} found @param {boolean} complete whether it names all there are
   */
  list(found, complete) {
    const { come, gone } = this.meanwhile;
    const named = new Set([...found.map(({ id }) => id), ...come]);
    for (const conversation of found) if (!gone.has(conversation.id)) this.merge(conversation);
    if (complete) {
      for (const id of [...this.conversations.keys()]) if (!named.has(id) && id !== this.open) this.conversations.delete(id);
    }
    this.listed = true;
    if (this.open && this.conversations.has(this.open) && !this.threads.has(this.open)) this.begin(this.open);
    this.changes.add("list");
    this.watch();
  }

  /** The active support chats were read: one that waited and is not among them is somebody else's, or closed. */
  queue(found, complete) {
    const named = new Set(found.map(({ id }) => id));
    const gone = [...this.conversations.values()].filter((one) => isQueued(one, this.me) && !named.has(one.id));
    if (complete) for (const { id } of gone) this.effects.push({ do: "fetch", id });
    this.list(found, false);
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

  /** Takes in what is told of a conversation, unless events told something later already. */
  merge(news) {
    this.lost.delete(news.id);
    this.meanwhile.come.add(news.id);
    this.meanwhile.gone.delete(news.id);
    const known = this.conversations.get(news.id);
    this.meet(...news.members ?? []);
    if (news.last_message) this.meet(news.last_message.sender);
    const older = known && news.last_seq < known.last_seq;
    const merged = older
      ? { ...news, last_seq: known.last_seq, last_message: known.last_message, unread: known.unread } : news;
    this.conversations.set(news.id, this.open === news.id && this.reading ? { ...merged, unread: 0 } : merged);
    this.changes.add("list").add(news.id);
  }

  patch(id, patch) {
    const known = this.conversations.get(id);
    if (!known) return;
    this.conversations.set(id, { ...known, ...patch });
    this.changes.add("list").add(id);
  }

  drop(id) {
    this.lost.add(id);
    this.meanwhile.gone.add(id);
    this.meanwhile.come.delete(id);
    for (const entry of this.outbox.of(id)) this.discard(entry.id);
    this.conversations.delete(id);
    this.threads.delete(id);
    this.heard.delete(id);
    this.typing.forget(id);
    this.changes.add("list").add(id);
  }

  meet(...people) {
    for (const person of people) {
      if (typeof person !== "object" || person?.id === null) continue;
      const known = this.people.get(person.id);
      if (known?.is_online !== person.is_online) this.changes.add("people");
      this.people.set(person.id, { ...known, ...person });
    }
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
    if (unread) this.patch(id, { unread: 0 });
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
    if (EVENTS.has(frame.type)) this.event(frame);
    else if (frame.type === "ack") this.acknowledged(frame);
    else if (frame.type === "subscribed") this.subscribed(frame);
    else if (frame.type === "conversation") this.told(frame);
    else if (frame.type === "read") this.wasRead(frame);
    else if (frame.type === "typing") this.types(frame, now);
    else if (frame.type === "presence") this.meet({ id: frame.user_id, username: frame.username, is_online: frame.is_online });
    else if (frame.type === "error") this.refused(frame, now);
  }

  subscribed({ conversation_id: id, last_seq: last, recovered, events }) {
    const [name, asked] = [...this.asked].find(([, one]) => one.kind === "subscribe" && one.id === id) ?? [];
    if (name) this.asked.delete(name);
    const thread = this.threads.get(id);
    if (!thread) {
      if (last > (this.conversations.get(id)?.last_seq ?? last)) this.effects.push({ do: "fetch", id });
      return;
    }
    if (asked && asked.after === undefined && last > thread.seq) {
      // it was asked for before the messages were: what lies between is not told unless one says from where
      this.heard.delete(id);
      this.listen(id);
      return;
    }
    if (!recovered) {
      // too much happened: what is held may be old, and is read anew
      thread.restart(last);
      if (id === this.open) this.load(id, "newest");
      return;
    }
    for (const event of events) {
      if (event.type === "new_message" && senderId(event.message) === this.me.id) thread.unclaimed.add(event.message.id);
      this.event(event, true);
    }
    thread.seq = Math.max(thread.seq, last);
    thread.divide(this.me.id);
    this.changes.add(id);
  }

  /** A stored change, as it happens or as it is recovered. */
  event(frame, recovered = false) {
    const id = frame.conversation_id;
    const thread = this.threads.get(id);
    // the server leaves nothing out; if something is missing all the same, it is asked for
    if (thread && !recovered && this.heard.has(id) && frame.seq > thread.seq + 1) {
      this.heard.delete(id);
      this.listen(id);
      return;
    }
    if (thread && !thread.apply(frame)) return;
    if (frame.message) {
      this.meet(frame.message.sender);
      this.settle(frame.message.id);
    }
    if (frame.client_msg_id) this.outbox.remove(frame.client_msg_id);
    if (frame.type === "new_message") this.came(frame, recovered);
    else this.retold(frame);
    this.changes.add(id);
  }

  /** A new message is the last one of its conversation. */
  came({ conversation_id: id, seq, message }, recovered) {
    const known = this.conversations.get(id);
    if (!known || seq <= known.last_seq) return;
    const own = senderId(message) === this.me.id;
    const seen = own || isQueued(known, this.me) || (this.open === id && this.reading);
    this.patch(id, { last_message: message, last_seq: seq, unread: known.unread + (seen ? 0 : 1) });
    const sender = senderId(message);
    if (sender !== null && this.typing.stopped(id, sender)) this.changes.add("typing");
    if (!own && !recovered) this.effects.push({ do: "heard", id, message });
  }

  /** A change of an older message may be one of the last. */
  retold(frame) {
    const known = this.conversations.get(frame.conversation_id);
    if (!known) return;
    const last = known.last_message;
    const about = frame.message?.id ?? frame.message_id;
    const patch = { last_seq: Math.max(known.last_seq, frame.seq) };
    if (last?.id === about && frame.message) this.patch(known.id, { ...patch, last_message: frame.message });
    else this.patch(known.id, patch);
    if (frame.type === "message_deleted") this.effects.push({ do: "fetch", id: known.id });
  }

  acknowledged({ client_msg_id: name, message_id: messageId }) {
    const entry = this.outbox.find(name);
    if (!entry) return;
    if (this.threads.get(entry.conversation)?.shows.has(messageId)) this.outbox.remove(name);
    else this.outbox.change(name, { state: "sent", problem: null, messageId });
    this.threads.get(entry.conversation)?.unclaimed.delete(messageId);
    this.changes.add(entry.conversation);
    this.effects.push({ do: "keep" });
  }

  told({ action, seq, conversation }) {
    if (action === "removed" || isLost(conversation, this.me)) {
      this.drop(conversation.id);
      return;
    }
    const thread = this.threads.get(conversation.id);
    if (seq !== undefined && thread && this.heard.has(conversation.id) && seq === thread.seq + 1) thread.seq = seq;
    this.merge(conversation);
    this.watch();
  }

  wasRead({ conversation_id: id, user_id: user, seq }) {
    const thread = this.threads.get(id);
    if (thread && seq > (thread.reads.get(user) ?? 0)) thread.reads.set(user, seq);
    if (user === this.me.id && seq >= (this.conversations.get(id)?.last_message?.seq ?? 0)) this.patch(id, { unread: 0 });
    this.changes.add(id);
  }

  types(frame, now) {
    this.typing.told(frame, now);
    this.changes.add("typing");
  }

  refused(frame, now) {
    const entry = this.outbox.find(frame.ref);
    if (entry) {
      this.outbox.refused(entry.id, frame, now);
      this.changes.add(entry.conversation);
      this.effects.push({ do: "keep" });
      return;
    }
    if (frame.code === "RATE_LIMITED" && frame.ref === undefined) {
      this.slowDown(frame, now);
      return;
    }
    const asked = this.asked.get(frame.ref);
    if (!asked) return;
    this.asked.delete(frame.ref);
    if (asked.kind === "subscribe") {
      this.heard.delete(asked.id);
      // it may be gone, or somebody else's by now: the list knows
      if (asked.id === this.open) this.effects.push({ do: "fetch", id: asked.id });
    } else if (asked.kind !== "read") {
      this.effects.push({ do: "problem", error: frame });
    }
  }

  /** Frames were dropped, nobody says which: subscriptions without an answer are asked for again in a while. */
  slowDown({ retry_after: after }, now) {
    for (const [name, { kind, id }] of this.asked) {
      if (kind !== "subscribe") continue;
      this.asked.delete(name);
      this.heard.delete(id);
    }
    this.again = now + 1000 + (after ?? 0) * 1000;
  }
}
