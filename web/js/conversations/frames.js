// What the frames of the socket tell the core.

import { drop, meet, merge, patch } from "./listing.js";
import { isLost, isQueued } from "./model.js";
import { senderId } from "./thread.js";

/** @typedef {import("./core.js").Core} Core */

const EVENTS = new Set(["new_message", "message_updated", "message_deleted", "reaction"]);

/** @param {Core} core @param {any} frame @param {number} now */
export function receive(core, frame, now) {
  if (EVENTS.has(frame.type)) event(core, frame);
  else if (frame.type === "ack") acknowledged(core, frame);
  else if (frame.type === "subscribed") subscribed(core, frame);
  else if (frame.type === "conversation") told(core, frame);
  else if (frame.type === "read") wasRead(core, frame);
  else if (frame.type === "typing") types(core, frame, now);
  else if (frame.type === "presence") meet(core, { id: frame.user_id, username: frame.username, is_online: frame.is_online });
  else if (frame.type === "error") refused(core, frame, now);
}

function subscribed(core, { conversation_id: id, last_seq: last, recovered, events }) {
  const [name, asked] = [...core.asked].find(([, one]) => one.kind === "subscribe" && one.id === id) ?? [];
  if (name) core.asked.delete(name);
  const thread = core.threads.get(id);
  if (!thread) {
    if (last > (core.conversations.get(id)?.last_seq ?? last)) core.effects.push({ do: "fetch", id });
    return;
  }
  if (asked && asked.after === undefined && last > thread.seq) {
    // it was asked for before the messages were: what lies between is not told unless one says from where
    core.heard.delete(id);
    core.listen(id);
    return;
  }
  if (!recovered) {
    // too much happened: what is held may be old, and is read anew
    thread.restart(last);
    if (id === core.open) core.load(id, "newest");
    return;
  }
  for (const one of events) {
    if (one.type === "new_message" && senderId(one.message) === core.me.id) thread.unclaimed.add(one.message.id);
    event(core, one, true);
  }
  thread.seq = Math.max(thread.seq, last);
  thread.divide(core.me.id);
  core.changes.add(id);
}

/** A stored change, as it happens or as it is recovered. */
function event(core, frame, recovered = false) {
  const id = frame.conversation_id;
  const thread = core.threads.get(id);
  // the server leaves nothing out; if something is missing all the same, it is asked for
  if (thread && !recovered && core.heard.has(id) && frame.seq > thread.seq + 1) {
    core.heard.delete(id);
    core.listen(id);
    return;
  }
  if (thread && !thread.apply(frame)) return;
  if (frame.message) {
    meet(core, frame.message.sender);
    core.settle(frame.message.id);
  }
  if (frame.client_msg_id) core.outbox.remove(frame.client_msg_id);
  if (frame.type === "new_message") came(core, frame, recovered);
  else retold(core, frame);
  core.changes.add(id);
}

/** A new message is the last one of its conversation. */
function came(core, { conversation_id: id, seq, message }, recovered) {
  const known = core.conversations.get(id);
  if (!known || seq <= known.last_seq) return;
  const own = senderId(message) === core.me.id;
  const seen = own || isQueued(known, core.me) || (core.open === id && core.reading);
  patch(core, id, { last_message: message, last_seq: seq, unread: known.unread + (seen ? 0 : 1) });
  const sender = senderId(message);
  if (sender !== null && core.typing.stopped(id, sender)) core.changes.add("typing");
  if (!own && !recovered) core.effects.push({ do: "heard", id, message });
}

/** A change of an older message may be one of the last. */
function retold(core, frame) {
  const known = core.conversations.get(frame.conversation_id);
  if (!known) return;
  const last = known.last_message;
  const about = frame.message?.id ?? frame.message_id;
  const news = { last_seq: Math.max(known.last_seq, frame.seq) };
  if (last?.id === about && frame.message) patch(core, known.id, { ...news, last_message: frame.message });
  else patch(core, known.id, news);
  if (frame.type === "message_deleted") core.effects.push({ do: "fetch", id: known.id });
}

function acknowledged(core, { client_msg_id: name, message_id: messageId }) {
  const entry = core.outbox.find(name);
  if (!entry) return;
  if (core.threads.get(entry.conversation)?.shows.has(messageId)) core.outbox.remove(name);
  else core.outbox.change(name, { state: "sent", problem: null, messageId });
  core.threads.get(entry.conversation)?.unclaimed.delete(messageId);
  core.changes.add(entry.conversation);
  core.effects.push({ do: "keep" });
}

function told(core, { action, seq, conversation }) {
  if (action === "removed" || isLost(conversation, core.me)) {
    drop(core, conversation.id);
    return;
  }
  const thread = core.threads.get(conversation.id);
  if (seq !== undefined && thread && core.heard.has(conversation.id) && seq === thread.seq + 1) thread.seq = seq;
  merge(core, conversation);
  core.watch();
}

function wasRead(core, { conversation_id: id, user_id: user, seq }) {
  const thread = core.threads.get(id);
  if (thread && seq > (thread.reads.get(user) ?? 0)) thread.reads.set(user, seq);
  if (user === core.me.id && seq >= (core.conversations.get(id)?.last_message?.seq ?? 0)) patch(core, id, { unread: 0 });
  core.changes.add(id);
}

function types(core, frame, now) {
  core.typing.told(frame, now);
  core.changes.add("typing");
}

function refused(core, frame, now) {
  const entry = core.outbox.find(frame.ref);
  if (entry) {
    core.outbox.refused(entry.id, frame, now);
    core.changes.add(entry.conversation);
    core.effects.push({ do: "keep" });
    return;
  }
  if (frame.code === "RATE_LIMITED" && frame.ref === undefined) {
    slowDown(core, frame, now);
    return;
  }
  const asked = core.asked.get(frame.ref);
  if (!asked) return;
  core.asked.delete(frame.ref);
  if (asked.kind === "subscribe") {
    core.heard.delete(asked.id);
    // it may be gone, or somebody else's by now: the list knows
    if (asked.id === core.open) core.effects.push({ do: "fetch", id: asked.id });
  } else if (asked.kind !== "read") {
    core.effects.push({ do: "problem", error: frame });
  }
}

/** Frames were dropped, nobody says which: subscriptions without an answer are asked for again in a while. */
function slowDown(core, { retry_after: after }, now) {
  for (const [name, { kind, id }] of core.asked) {
    if (kind !== "subscribe") continue;
    core.asked.delete(name);
    core.heard.delete(id);
  }
  core.again = now + 1000 + (after ?? 0) * 1000;
}
