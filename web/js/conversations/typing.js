// Who types where. Pure.

/** The server forwards a repeat of the same state only after three seconds. */
const REPEAT_MS = 3200;
/** Whoever types tells so every few seconds; silence means they stopped. */
const LASTS_MS = 6000;

export class Typing {
  constructor() {
    /** Until when it counts, by conversation and user. @type {Map<string, Map<number, number>>} */
    this.until = new Map();
    /** Where it was told last that one types oneself. @type {{ id: string | null, at: number }} */
    this.own = { id: null, at: 0 };
  }

  /** @param {string} id @returns {number[]} who types in a conversation */
  of(id) {
    return [...this.until.get(id)?.keys() ?? []];
  }

  /** A connection ended: nobody tells any more. */
  clear() {
    this.until.clear();
    this.own = { id: null, at: 0 };
  }

  forget(id) {
    this.until.delete(id);
  }

  /** @param {{ conversation_id: string, user_id: number, typing: boolean }} frame */
  told({ conversation_id: id, user_id: user, typing }, now) {
    if (!typing) {
      this.stopped(id, user);
      return;
    }
    if (!this.until.has(id)) this.until.set(id, new Map());
    this.until.get(id)?.set(user, now + LASTS_MS);
  }

  /** @returns {boolean} whether they typed */
  stopped(id, user) {
    return this.until.get(id)?.delete(user) ?? false;
  }

  /** Who fell silent types no more. @returns {boolean} whether there was somebody */
  expire(now) {
    let some = false;
    for (const [id, users] of this.until) {
      for (const [user, until] of users) if (until <= now) some = users.delete(user) || some;
      if (users.size === 0) this.until.delete(id);
    }
    return some;
  }

  /** One types oneself, or stops. @returns {boolean} whether that is to be told */
  mine(id, typing, now) {
    const same = this.own.id === id;
    if (typing ? same && now - this.own.at < REPEAT_MS : !same) return false;
    this.own = typing ? { id, at: now } : { id: null, at: 0 };
    return true;
  }
}
