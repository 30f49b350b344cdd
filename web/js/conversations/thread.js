// The messages of one conversation that the page holds: a window of its history, kept in step by pages and by events.
// Pure: no network, no page.

/**
 * @typedef {{ id: number | null, username: string, name: string, role?: string, is_online?: boolean }} Person
 * @typedef {{ id: string, conversation_id: string, seq: number, sender: Person | "assistant" | "system", content: string,
 *   msg_type: string, reply_to: string | null, reactions: Record<string, number[]>, metadata: any, created_at: string,
 *   updated_at: string, deleted: boolean }} Message
 * @typedef {{ type: string, conversation_id: string, seq: number, message?: Message, message_id?: string,
 *   user_id?: number, emoji?: string, removed?: boolean }} StoredEvent a change that took its place in the conversation
 * @typedef {{ side: "newest" | "older" | "newer" | "around", before: number | null, limit: number, generation: number,
 *   base: number, hit: number | null }} Load
 */

/** Messages asked for at once. */
export const PAGE = 50;
/** Messages held at most: what is farther away is let go, and read again when somebody scrolls there. */
export const MAX_HELD = 400;

/** The place of the first message whose `seq` is at least this one. */
function place(messages, seq) {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle].seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Thread {
  /** @param {string} id @param {number} seq everything up to here is known, or will be read */
  constructor(id, seq) {
    this.id = id;
    this.seq = seq;
    /** @type {Message[]} by `seq`, without a gap between the first and the last */
    this.messages = [];
    /** Whether a page has come at all. */
    this.ready = false;
    this.hasOlder = true;
    /** Up to which `seq` the window reaches; `null`: to the present. @type {number | null} */
    this.end = null;
    /** Why the last page did not come. @type {any} */
    this.problem = null;
    /** @type {Load | null} the page under way */
    this.loading = null;
    this.generation = 0;
    /** Events since the page under way was asked for: it may be older than they are. @type {StoredEvent[]} */
    this.meanwhile = [];
    /** The `seq` of the latest change that each message here shows. @type {Map<string, number>} */
    this.shows = new Map();
    /** Own messages that came by recovery: one of them may be a pending one whose acknowledgement got lost. */
    this.unclaimed = new Set();
    /** How far others have read, as far as it was told. @type {Map<number, number>} */
    this.reads = new Map();
    /** The first message that was unread when the conversation was opened. @type {number | null} */
    this.divider = null;
    /** How many were unread then, until it is known which. @type {number | null} */
    this.undivided = null;
  }

  /** Whether the window reaches to the present: then new messages belong to it. */
  get live() {
    return this.end === null;
  }

  find(id) {
    return this.shows.has(id) ? this.messages.find((message) => message.id === id) : undefined;
  }

  /** @returns {boolean} whether the event is news; one told before is not */
  apply(event) {
    if (event.seq <= this.seq) return false;
    this.seq = event.seq;
    if (this.loading) this.meanwhile.push(event);
    this.show(event);
    return true;
  }

  /** Brings a message up to date with an event, unless it shows something later. */
  show(event) {
    const id = event.message?.id ?? event.message_id ?? "";
    if (event.type === "new_message") {
      if (this.ready && this.live && !this.shows.has(id)) this.put(event.message, event.seq);
      return;
    }
    const known = this.find(id);
    if (!known || event.seq <= (this.shows.get(id) ?? 0)) return;
    this.put(changed(known, event), event.seq);
  }

  put(message, seq) {
    const index = place(this.messages, message.seq);
    const there = this.messages[index]?.id === message.id ? 1 : 0;
    // a new list each time: who compares lists sees the change
    this.messages = [...this.messages.slice(0, index), message, ...this.messages.slice(index + there)];
    this.shows.set(message.id, seq);
  }

  /** Everything here may be old: the next page replaces it. */
  restart(seq) {
    this.seq = Math.max(seq, this.seq);
    this.abandon();
    this.ready = false;
  }

  /** A page under way is of no use any more. */
  abandon() {
    this.generation += 1;
    this.loading = null;
    this.meanwhile = [];
  }

  /**
   * Asks for a page, unless one is under way already.
   * @param {Load["side"]} side @param {number | null} [hit] around which message
   * @returns {Load | null}
   */
  ask(side, hit = null) {
    if (side === "newest" || side === "around") this.abandon();
    else if (this.loading || !this.ready) return null;
    const before = { newest: () => null, older: () => this.messages[0]?.seq ?? null,
      newer: () => (this.end ?? 0) + 1 + 2 * PAGE, around: () => (hit ?? 0) + PAGE / 2 }[side]();
    if (side === "older" && (!this.hasOlder || before === null)) return null;
    if (side === "newer" && this.live) return null;
    this.problem = null;
    // every change takes a seq: so many places after the window hold so many messages at most
    const limit = side === "newer" ? 2 * PAGE : PAGE;
    this.loading = { side, before, limit, generation: this.generation, base: this.seq, hit };
    return this.loading;
  }

  /**
   * Takes in a page. @param {Load} load @param {Message[]} page @param {boolean} more whether there are older ones
   * @returns {boolean} false: nobody waits for this page any more
   */
  loaded(load, page, more) {
    if (load.generation !== this.generation || this.loading !== load) return false;
    const fresh = load.side === "newest" || load.side === "around";
    const messages = new Map((fresh ? [] : this.messages).map((message) => [message.id, message]));
    if (fresh) {
      const kept = new Map(this.messages.map((message) => [message.id, message]));
      const shown = this.shows;
      this.shows = new Map();
      for (const { id } of page) {
        if ((shown.get(id) ?? 0) > load.base && kept.has(id)) {
          messages.set(id, kept.get(id));
          this.shows.set(id, shown.get(id));
        }
      }
    }
    for (const message of page) {
      if ((this.shows.get(message.id) ?? 0) > load.base) continue;
      messages.set(message.id, message);
      this.shows.set(message.id, load.base);
    }
    this.messages = [...messages.values()].sort((a, b) => a.seq - b.seq);
    this.reach(load, more);
    this.ready = true;
    const { meanwhile } = this;
    this.loading = null;
    this.meanwhile = [];
    for (const event of meanwhile) this.show(event);
    this.trim(load.side);
    return true;
  }

  /** How far the window reaches, now that a page came. */
  reach(load, more) {
    if (load.side !== "newer") this.hasOlder = more;
    if (load.side === "newest") this.end = null;
    if (load.side === "around" || load.side === "newer") {
      const end = load.before - 1;
      this.end = end >= load.base ? null : end;
    }
  }

  /** Lets go of what is farthest from where somebody reads. */
  trim(side) {
    const over = this.messages.length - MAX_HELD;
    if (over <= 0) return;
    if (side === "older") {
      this.end = this.messages[MAX_HELD - 1].seq;
      this.forget(MAX_HELD, over);
    } else {
      this.hasOlder = true;
      this.forget(0, over);
    }
  }

  forget(from, count) {
    const messages = [...this.messages];
    for (const { id } of messages.splice(from, count)) this.shows.delete(id);
    this.messages = messages;
  }

  failed(load, problem) {
    if (this.loading !== load) return;
    this.loading = null;
    this.meanwhile = [];
    this.problem = problem;
  }

  /** Marks where the unread messages begin, once after the conversation was opened. @param {number} me */
  divide(me) {
    if (this.undivided === null || !this.ready || !this.live) return;
    let left = this.undivided;
    this.undivided = null;
    this.divider = null;
    for (let index = this.messages.length - 1; index >= 0 && left > 0; index -= 1) {
      const message = this.messages[index];
      if (message.deleted || senderId(message) === me) continue;
      this.divider = message.seq;
      left -= 1;
    }
  }

  /** The `seq` of the newest message here. */
  get latest() {
    return this.messages.at(-1)?.seq ?? 0;
  }
}

/** @param {Message} message */
export const senderId = (message) => (typeof message.sender === "object" ? message.sender.id : null);

/** Reactions do not touch this time, edits do. @param {Message} message */
export const isEdited = (message) => !message.deleted && message.updated_at !== message.created_at;

function changed(message, event) {
  if (event.type === "message_deleted") return { ...message, content: "", metadata: null, reactions: {}, deleted: true };
  if (event.type === "reaction") return { ...message, reactions: reacted(message.reactions, event) };
  return event.message;
}

/** @param {Record<string, number[]>} reactions */
export function reacted(reactions, { emoji, user_id: user, removed }) {
  const users = (reactions[emoji] ?? []).filter((id) => id !== user);
  if (!removed) users.push(user);
  const { [emoji]: _, ...others } = reactions;
  return users.length > 0 ? { ...reactions, [emoji]: users } : others;
}
