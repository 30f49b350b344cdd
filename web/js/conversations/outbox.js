// Messages on their way: shown as pending until the server says that they are stored, sent again under the same name when
// a connection comes back. Pure.

/**
 * @typedef {{ id: string, conversation: string, content: string, replyTo: string | null, createdAt: string,
 *   state: "pending" | "sent" | "failed", problem: string | null, sentAt: number | null, tries: number, notBefore: number,
 *   messageId: string | null }} Entry
 *   `id`: the `client_msg_id`, under which the server stores it once; `tries`: how often it was handed to a connection
 */

/** Nobody answered for so long: the same again does no harm. */
const ANSWER_MS = 10_000;

export class Outbox {
  /** @param {Entry[]} [kept] from before the page was loaded anew */
  constructor(kept = []) {
    /** @type {Entry[]} */
    this.entries = kept.filter((entry) => entry.state !== "sent").map((entry) => ({ ...entry, sentAt: null }));
  }

  of(conversation) {
    return this.entries.filter((entry) => entry.conversation === conversation);
  }

  find(id) {
    return this.entries.find((entry) => entry.id === id);
  }

  /** @returns {Entry} */
  add(id, conversation, content, replyTo, now) {
    const entry = { id, conversation, content, replyTo, createdAt: new Date(now).toISOString(), state: "pending",
      problem: null, sentAt: null, tries: 0, notBefore: 0, messageId: null };
    this.entries = [...this.entries, entry];
    return entry;
  }

  change(id, patch) {
    this.entries = this.entries.map((entry) => (entry.id === id ? { ...entry, ...patch } : entry));
  }

  remove(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }

  /** The message of this id is shown as the server's: its entry is not needed. @returns {boolean} whether there was one */
  settle(messageId) {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => entry.messageId !== messageId);
    return this.entries.length !== before;
  }

  /** The connection ended: whatever was under way has to be sent again. */
  interrupted() {
    this.entries = this.entries.map((entry) => (entry.state === "pending" ? { ...entry, sentAt: null } : entry));
  }

  /** What is to be sent now, in the order in which it was written. @returns {Entry[]} */
  due(now) {
    const waits = (entry) => entry.sentAt !== null && now - entry.sentAt < ANSWER_MS;
    const due = this.entries.filter((entry) => entry.state === "pending" && !waits(entry) && entry.notBefore <= now);
    for (const { id, tries } of due) this.change(id, { sentAt: now, tries: tries + 1 });
    return due;
  }

  /** The server refused. What passes by itself is tried again, the rest is the writer's to decide. */
  refused(id, { message, error, retry_after: after }, now) {
    if (after === undefined) this.change(id, { state: "failed", problem: message ?? error ?? "The server refused it." });
    else this.change(id, { sentAt: null, notBefore: now + after * 1000 });
  }

  retry(id) {
    this.change(id, { state: "pending", problem: null, sentAt: null, notBefore: 0 });
  }
}

/** @param {Entry} entry */
export const sendFrame = (entry) => ({
  type: "send", conversation_id: entry.conversation, content: entry.content, client_msg_id: entry.id,
  ...(entry.replyTo ? { reply_to: entry.replyTo } : {}),
});

/**
 * What a conversation shows: its messages, then what is on its way. A pending entry whose acknowledgement got lost and
 * whose message came back by recovery is shown once: the server's answer to the next try tells which one it is.
 * @param {import("./thread.js").Thread} thread @param {Entry[]} entries of this conversation
 * @returns {(import("./thread.js").Message | Entry)[]}
 */
export function timeline(thread, entries) {
  if (entries.length === 0 || !thread.live) return thread.messages;
  const candidates = thread.messages.filter((message) => thread.unclaimed.has(message.id));
  const shown = entries.filter((entry) => {
    if (entry.messageId !== null) return !thread.shows.has(entry.messageId);
    if (entry.state !== "pending" || entry.tries === 0) return true;
    const same = candidates.findIndex((message) => message.content === entry.content && message.reply_to === entry.replyTo);
    if (same < 0) return true;
    candidates.splice(same, 1);
    return false;
  });
  return shown.length > 0 ? [...thread.messages, ...shown] : thread.messages;
}
