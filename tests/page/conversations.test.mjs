// What the page knows of conversations, without a page: frames and answers in, state and effects out.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Core } from "../../web/js/conversations/core.js";
import { actsIn, actsOn, arranged, previewOf, queueLength, titleOf, unreadSum } from "../../web/js/conversations/model.js";
import { timeline } from "../../web/js/conversations/outbox.js";
import { MAX_HELD, Thread, isEdited } from "../../web/js/conversations/thread.js";
import { dayName, shortTime } from "../../web/js/conversations/times.js";

const ME = { id: 1, username: "ada", name: "Ada Fenwick", role: "customer" };
const BO = { id: 2, username: "bo", name: "Bo Lind", role: "customer", is_online: true };
const COACH = { id: 3, username: "cleo", name: "Cleo Marsh", role: "agent" };
const DIRECT = "0000-direct";

const at = (seconds) => new Date(Date.UTC(2026, 10, 20, 9, 0, seconds)).toISOString();

const message = (seq, from = BO, content = `text ${seq}`, more = {}) => ({
  id: `m${seq}`, conversation_id: DIRECT, seq, sender: from, content, msg_type: "text", reply_to: null, reactions: {},
  metadata: null, created_at: at(seq), updated_at: at(seq), deleted: false, ...more,
});

const posted = (seq, from = BO, content = undefined, more = {}) => ({
  type: "new_message", conversation_id: DIRECT, seq, message: message(seq, from, content), ...more,
});

const conversation = (more = {}) => ({
  id: DIRECT, kind: "direct", title: "Bo Lind", members: [ME, BO], unread: 0, last_seq: 0, last_message: null, created_at: at(0), ...more,
});

/** A core with an open, loaded and subscribed conversation. */
function opened({ last = 0, page = [], me = ME, more = {} } = {}) {
  const core = new Core(me);
  core.connected(0);
  core.list([conversation({ last_seq: last, last_message: page.at(-1) ?? null, ...more })], true);
  core.show(DIRECT);
  const load = loads(core)[0];
  core.loaded(DIRECT, load, page, false);
  core.receive({ type: "subscribed", conversation_id: DIRECT, last_seq: last, recovered: true, events: [] }, 0);
  core.take();
  return core;
}

const frames = (core, type) => core.take().effects.filter((effect) => effect.do === "send").map(({ frame }) => frame).filter((frame) => !type || frame.type === type);
const loads = (core) => core.take().effects.filter((effect) => effect.do === "load").map(({ load }) => load);
const shown = (core) => timeline(core.threads.get(DIRECT), core.outbox.of(DIRECT)).map((item) => item.content);
const history = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => message(from + index)).reverse();

describe("a conversation that is open", () => {
  it("asks for what happened since the list was read, and for its messages", () => {
    const core = new Core(ME);
    core.connected(0);
    core.list([conversation({ last_seq: 7 })], true);
    core.take();
    core.show(DIRECT);
    const { effects } = core.take();
    assert.deepEqual(effects.map((effect) => effect.frame?.type ?? effect.do), ["subscribe", "load"]);
    assert.equal(effects[0].frame.after_seq, 7);
  });

  it("shows new messages once, in their order", () => {
    const core = opened({ last: 1, page: [message(1)] });
    for (const seq of [2, 2, 1, 3]) core.receive(posted(seq), 0);
    assert.deepEqual(shown(core), ["text 1", "text 2", "text 3"]);
  });

  it("asks again when something is missing", () => {
    const core = opened({ last: 1, page: [message(1)] });
    core.receive(posted(4), 0);
    const [subscribe] = frames(core, "subscribe");
    assert.equal(subscribe.after_seq, 1);
    assert.deepEqual(shown(core), ["text 1"]);
    core.receive({ type: "subscribed", conversation_id: DIRECT, last_seq: 4, recovered: true, events: [posted(2), posted(4)] }, 0);
    assert.deepEqual(shown(core), ["text 1", "text 2", "text 4"]);
  });

  it("loses nothing of what happens while a page is under way", () => {
    const core = new Core(ME);
    core.connected(0);
    core.list([conversation({ last_seq: 5 })], true);
    core.show(DIRECT);
    const [load] = loads(core);
    core.receive({ type: "subscribed", conversation_id: DIRECT, last_seq: 5, recovered: true, events: [] }, 0);
    core.receive(posted(6), 0);
    core.receive({ type: "reaction", conversation_id: DIRECT, seq: 7, message_id: "m5", user_id: 2, emoji: "👍", removed: false }, 0);
    // the answer is older than the events
    core.loaded(DIRECT, load, [message(5), message(4)], false);
    assert.deepEqual(shown(core), ["text 4", "text 5", "text 6"]);
    assert.deepEqual(core.threads.get(DIRECT).find("m5").reactions, { "👍": [2] });
  });

  it("is brought up to date by edits, reactions and deletions", () => {
    const core = opened({ last: 1, page: [message(1)] });
    const tell = (frame) => core.receive({ conversation_id: DIRECT, message_id: "m1", user_id: 2, emoji: "🎉", ...frame }, 0);
    tell({ type: "message_updated", seq: 2, message: message(1, BO, "better", { updated_at: at(9) }) });
    tell({ type: "reaction", seq: 3, removed: false });
    let now = core.threads.get(DIRECT).find("m1");
    assert.deepEqual([now.content, now.reactions, isEdited(now)], ["better", { "🎉": [2] }, true]);
    tell({ type: "reaction", seq: 4, removed: true });
    assert.deepEqual(core.threads.get(DIRECT).find("m1").reactions, {});
    tell({ type: "message_deleted", seq: 5 });
    now = core.threads.get(DIRECT).find("m1");
    assert.deepEqual([now.content, now.deleted, isEdited(now)], ["", true, false]);
  });

  it("is read anew when too much happened", () => {
    const core = opened({ last: 1, page: [message(1)] });
    core.disconnected();
    core.connected(0);
    assert.equal(frames(core, "subscribe")[0].after_seq, 1);
    core.receive({ type: "subscribed", conversation_id: DIRECT, last_seq: 900, recovered: false, events: [] }, 0);
    const [load] = loads(core);
    assert.equal(load.side, "newest");
    assert.deepEqual(shown(core), ["text 1"], "what was there stays until the page comes");
    core.receive(posted(901), 0);
    core.loaded(DIRECT, load, history(860, 900), true);
    assert.deepEqual([shown(core)[0], shown(core).at(-1)], ["text 860", "text 901"]);
  });

  it("marks where the unread messages begin", () => {
    const core = opened({ last: 4, page: [message(4), message(3, ME), message(2), message(1)], more: { unread: 2 } });
    assert.equal(core.threads.get(DIRECT).divider, 2);
  });

  it("is read when it is seen, and tells it once", () => {
    const core = opened({ last: 2, page: [message(2), message(1)], more: { unread: 2 } });
    core.read(DIRECT, true);
    assert.deepEqual(frames(core, "read").map(({ seq }) => seq), [2]);
    assert.equal(core.conversations.get(DIRECT).unread, 0);
    core.read(DIRECT, true);
    assert.deepEqual(frames(core, "read"), []);
    core.receive(posted(3), 0);
    assert.equal(core.conversations.get(DIRECT).unread, 0);
    core.read(DIRECT, false);
    core.receive(posted(4), 0);
    assert.equal(core.conversations.get(DIRECT).unread, 1);
  });

  it("is read when the connection returns, if it could not be read before", () => {
    const core = new Core(ME);
    core.show(DIRECT);
    assert.deepEqual(core.take().effects, [{ do: "fetch", id: DIRECT }]);
    core.connected(0);
    assert.ok(core.take().effects.some((effect) => effect.do === "fetch"));
    core.list([conversation({ last_seq: 3 })], true);
    const [load] = loads(core);
    core.failed(DIRECT, load, { message: "The server can’t be reached." });
    assert.ok(core.threads.get(DIRECT).problem);
    core.disconnected();
    core.connected(0);
    assert.equal(loads(core).length, 1);
    assert.equal(core.threads.get(DIRECT).problem, null);
  });

  it("is gone when it is said so", () => {
    const core = opened();
    core.receive({ type: "conversation", action: "removed", conversation: conversation() }, 0);
    assert.equal(core.conversations.has(DIRECT), false);
    assert.ok(core.lost.has(DIRECT));
  });
});

describe("the history", () => {
  it("grows upwards page by page", () => {
    const core = opened({ last: 50, page: history(11, 50) });
    core.threads.get(DIRECT).hasOlder = true;
    core.load(DIRECT, "older");
    const [load] = loads(core);
    assert.deepEqual([load.side, load.before], ["older", 11]);
    core.load(DIRECT, "older");
    assert.deepEqual(loads(core), [], "one page at a time");
    core.loaded(DIRECT, load, history(1, 10), false);
    assert.equal(core.threads.get(DIRECT).messages.length, 50);
    core.load(DIRECT, "older");
    assert.deepEqual(loads(core), [], "there is nothing before the first");
  });

  it("holds a window, which reaches the present again page by page", () => {
    const thread = new Thread(DIRECT, 1000);
    thread.loaded(thread.ask("newest"), history(951, 1000), true);
    for (let first = 951; first > 1 && thread.hasOlder; first -= 50) thread.loaded(thread.ask("older"), history(Math.max(1, first - 50), first - 1), first > 51);
    assert.equal(thread.messages.length, MAX_HELD);
    assert.equal(thread.live, false);
    assert.equal(thread.messages[0].seq, 1);
    thread.apply(posted(1001));
    assert.equal(thread.latest, MAX_HELD, "what is new does not belong behind a gap");
    while (!thread.live) {
      const load = thread.ask("newer");
      thread.loaded(load, history(1, 1001).filter(({ seq }) => seq < load.before).slice(0, load.limit), true);
    }
    const seqs = thread.messages.map(({ seq }) => seq);
    assert.equal(seqs.at(-1), 1001);
    assert.deepEqual(seqs, seqs.map((_, index) => seqs[0] + index), "no gap");
  });

  it("goes on to the present although most places were taken by reactions", () => {
    const thread = new Thread(DIRECT, 1000);
    const all = [...history(1, 20), message(990)].sort((a, b) => b.seq - a.seq);
    thread.loaded(thread.ask("around", 10), all.filter(({ seq }) => seq < 35).slice(0, 50), false);
    assert.equal(thread.live, false);
    for (let tries = 0; !thread.live && tries < 20; tries += 1) {
      const load = thread.ask("newer");
      thread.loaded(load, all.filter(({ seq }) => seq < load.before).slice(0, load.limit), true);
    }
    assert.equal(thread.latest, 990);
  });

  it("jumps to a message that is far away, and drops the answer nobody waits for", () => {
    const core = opened({ last: 500, page: history(451, 500) });
    core.jump(DIRECT, 480);
    assert.deepEqual(loads(core), [], "it is here");
    core.threads.get(DIRECT).hasOlder = true;
    core.load(DIRECT, "older");
    const [stale] = loads(core);
    core.jump(DIRECT, 100);
    const [load] = loads(core);
    assert.deepEqual([load.side, load.before], ["around", 125]);
    core.loaded(DIRECT, stale, history(401, 450), true);
    core.loaded(DIRECT, load, history(75, 124), true);
    assert.deepEqual([core.threads.get(DIRECT).messages[0].seq, core.threads.get(DIRECT).latest], [75, 124]);
  });
});

describe("a message on its way", () => {
  it("is pending, then sent, then the server's", () => {
    const core = opened();
    core.post("c-1", DIRECT, "Hello", null, 0);
    assert.deepEqual(frames(core, "send"), [{ type: "send", conversation_id: DIRECT, content: "Hello", client_msg_id: "c-1" }]);
    assert.equal(core.outbox.find("c-1").state, "pending");
    core.receive({ type: "ack", client_msg_id: "c-1", message_id: "m1", conversation_id: DIRECT, seq: 1 }, 0);
    assert.equal(core.outbox.find("c-1").state, "sent");
    core.receive(posted(1, ME, "Hello", { client_msg_id: "c-1" }), 0);
    assert.deepEqual([core.outbox.entries.length, shown(core)], [0, ["Hello"]]);
  });

  it("waits without a connection, and is sent again under the same name", () => {
    const core = opened();
    core.post("c-1", DIRECT, "Before", null, 0);
    core.disconnected();
    core.post("c-2", DIRECT, "Meanwhile", "m9", 0);
    frames(core);
    core.connected(0);
    assert.deepEqual(frames(core, "send").map((frame) => [frame.client_msg_id, frame.reply_to]), [["c-1", undefined], ["c-2", "m9"]]);
  });

  it("is shown once, although its acknowledgement got lost", () => {
    const core = opened();
    core.post("c-1", DIRECT, "Hello", null, 0);
    core.disconnected();
    core.connected(0);
    core.receive({ type: "subscribed", conversation_id: DIRECT, last_seq: 1, recovered: true, events: [posted(1, ME, "Hello")] }, 0);
    assert.deepEqual(shown(core), ["Hello"]);
    core.receive({ type: "ack", client_msg_id: "c-1", message_id: "m1", conversation_id: DIRECT, seq: 1 }, 0);
    assert.deepEqual([core.outbox.entries.length, shown(core)], [0, ["Hello"]]);
  });

  it("is shown twice, if it was written twice", () => {
    const core = opened();
    core.post("c-1", DIRECT, "Hello", null, 0);
    core.post("c-2", DIRECT, "Hello", null, 0);
    core.disconnected();
    core.connected(0);
    core.receive({ type: "subscribed", conversation_id: DIRECT, last_seq: 1, recovered: true, events: [posted(1, ME, "Hello")] }, 0);
    assert.deepEqual(shown(core), ["Hello", "Hello"]);
  });

  it("is sent again when nobody answers", () => {
    const core = opened();
    core.post("c-1", DIRECT, "Hello", null, 0);
    frames(core);
    core.tick(9_000);
    assert.deepEqual(frames(core, "send"), []);
    core.tick(11_000);
    assert.deepEqual(frames(core, "send").map((frame) => frame.client_msg_id), ["c-1"]);
  });

  it("is tried again by itself if the server asks to wait, and by hand if it refuses", () => {
    const core = opened();
    core.post("c-1", DIRECT, "Hello", null, 0);
    frames(core);
    core.receive({ type: "error", code: "OVERLOADED", message: "Too much.", ref: "c-1", retry_after: 2 }, 0);
    core.tick(1_000);
    assert.deepEqual(frames(core, "send"), []);
    core.tick(2_000);
    assert.equal(frames(core, "send").length, 1);
    core.receive({ type: "error", code: "CHAT_CLOSED", message: "This chat is closed.", ref: "c-1" }, 2_000);
    assert.deepEqual([core.outbox.find("c-1").state, core.outbox.find("c-1").problem], ["failed", "This chat is closed."]);
    core.tick(60_000);
    assert.deepEqual(frames(core, "send"), []);
    core.retry("c-1", 60_000);
    assert.deepEqual(frames(core, "send").map((frame) => frame.client_msg_id), ["c-1"]);
  });

  it("survives a reload of the page", () => {
    const before = opened();
    before.disconnected();
    before.post("c-1", DIRECT, "Hello", null, 0);
    const after = new Core(ME, JSON.parse(JSON.stringify(before.outbox.entries)));
    after.connected(0);
    assert.deepEqual(frames(after, "send").map((frame) => frame.client_msg_id), ["c-1"]);
  });
});

describe("the list", () => {
  const GENERAL = { id: "0001-general", kind: "channel", title: "general", channel_id: "general", unread: 0, last_seq: 3, last_message: message(3), created_at: at(0) };

  it("listens to channels, which tell their news to listeners only, and counts", () => {
    const core = new Core(ME);
    core.connected(0);
    core.list([conversation(), GENERAL], true);
    assert.deepEqual(frames(core, "subscribe").map((frame) => frame.conversation_id), [GENERAL.id]);
    core.receive({ type: "new_message", conversation_id: GENERAL.id, seq: 4, message: message(4) }, 0);
    core.receive({ type: "new_message", conversation_id: GENERAL.id, seq: 5, message: message(5, ME) }, 0);
    assert.equal(core.conversations.get(GENERAL.id).unread, 1);
    assert.equal(unreadSum(core.conversations.values()), 1);
  });

  it("follows what members are told", () => {
    const core = opened();
    core.show(null);
    const told = (action, more) => core.receive({ type: "conversation", action, conversation: conversation(more) }, 0);
    told("message", { unread: 2, last_seq: 2, last_message: message(2) });
    assert.equal(core.conversations.get(DIRECT).unread, 2);
    core.receive({ type: "conversation", action: "created", conversation: conversation({ id: "r1", kind: "room", title: "Plans" }) }, 0);
    assert.ok(core.conversations.has("r1"));
  });

  it("is not set back by an answer that is older than an event", () => {
    const core = opened({ last: 1, page: [message(1)] });
    core.receive(posted(2), 0);
    core.list([conversation({ last_seq: 1, last_message: message(1), unread: 0 })], true);
    assert.equal(core.conversations.get(DIRECT).last_message.seq, 2);
    assert.equal(core.conversations.get(DIRECT).unread, 1);
  });

  it("forgets what a complete list does not name, but not what is open", () => {
    const core = opened();
    const list = () => {
      core.asksForList();
      core.list([GENERAL], true);
    };
    list();
    assert.ok(core.conversations.has(DIRECT));
    core.show(null);
    list();
    assert.equal(core.conversations.has(DIRECT), false);
  });

  it("is not set back by what came and went while it was read", () => {
    const core = opened();
    core.show(null);
    core.asksForList();
    core.receive({ type: "conversation", action: "created", conversation: conversation({ id: "r1", kind: "room", title: "Plans" }) }, 0);
    core.receive({ type: "conversation", action: "removed", conversation: conversation() }, 0);
    core.list([conversation(), GENERAL], true);
    assert.deepEqual([...core.conversations.keys()].sort(), [GENERAL.id, "r1"]);
  });

  it("follows the read positions of one's other devices", () => {
    const core = opened({ last: 1, page: [message(1)], more: { unread: 1 } });
    core.receive({ type: "read", conversation_id: DIRECT, user_id: ME.id, seq: 1 }, 0);
    assert.equal(core.conversations.get(DIRECT).unread, 0);
  });

  it("names and orders conversations", () => {
    const core = opened({ me: COACH });
    const waiting = (id, seconds) => conversation({ id, kind: "support", status: "active", members: [BO], created_at: at(seconds) });
    core.list([
      conversation({ members: [COACH, BO], last_message: message(9) }), waiting("s2", 5), waiting("s1", 4),
      conversation({ id: "s0", kind: "support", status: "closed", members: [ME, COACH] }),
      conversation({ id: "a", kind: "assistant" }),
    ], true);
    const { queue, others, done } = arranged(core.conversations.values(), COACH);
    assert.deepEqual([queue, others, done].map((part) => part.map(({ id }) => id)), [["s1", "s2"], [DIRECT], ["s0"]]);
    assert.deepEqual([COACH, ME].map((who) => queueLength(core.conversations.values(), who)), [2, 0]);
    assert.equal(titleOf(done[0], COACH), "Ada Fenwick");
    assert.equal(titleOf(done[0], ME), "Cleo Marsh");
    assert.deepEqual(previewOf(others[0], BO), { who: "You", text: "text 9" });
    assert.deepEqual(arranged(core.conversations.values(), COACH, "ada").done.map(({ id }) => id), ["s0"]);
  });

  it("asks for what is not in the queue any more", () => {
    const core = new Core(COACH);
    core.connected(0);
    const waiting = (id) => conversation({ id, kind: "support", status: "active", members: [BO] });
    core.list([waiting("s1"), waiting("s2")], true);
    core.take();
    core.queue([waiting("s2"), waiting("s3")], true);
    assert.deepEqual(core.take().effects.filter((effect) => effect.do === "fetch"), [{ do: "fetch", id: "s1" }]);
    core.missing("s1");
    assert.deepEqual([...core.conversations.keys()], ["s2", "s3"]);
  });

  it("takes a chat away from the coach whom it was given by somebody else", () => {
    const core = new Core(COACH);
    core.connected(0);
    const chat = (members) => conversation({ id: "s1", kind: "support", status: "active", members });
    core.list([chat([BO])], true);
    assert.deepEqual(frames(core, "subscribe").map((frame) => frame.conversation_id), ["s1"]);
    core.receive({ type: "conversation", action: "updated", seq: 1, conversation: chat([BO, { ...COACH, id: 9 }]) }, 0);
    assert.equal(core.conversations.has("s1"), false);
  });
});

describe("who is here", () => {
  it("shows who types, until they stop or fall silent", () => {
    const core = opened();
    const types = (typing, now) => core.receive({ type: "typing", conversation_id: DIRECT, user_id: 2, typing }, now);
    types(true, 0);
    assert.deepEqual(core.typing.of(DIRECT), [2]);
    types(false, 100);
    assert.deepEqual(core.typing.of(DIRECT), []);
    types(true, 200);
    core.tick(7_000);
    assert.deepEqual(core.typing.of(DIRECT), []);
    types(true, 8_000);
    core.receive(posted(1), 8_100);
    assert.deepEqual(core.typing.of(DIRECT), []);
  });

  it("tells that one types, but not with each key", () => {
    const core = opened();
    for (const now of [0, 500, 1000, 3300]) core.type(DIRECT, true, now);
    core.type(DIRECT, false, 3400);
    core.type(DIRECT, false, 3500);
    assert.deepEqual(frames(core, "typing").map(({ typing }) => typing), [true, true, false]);
  });

  it("follows presence", () => {
    const core = opened();
    assert.equal(core.people.get(2).is_online, true);
    core.receive({ type: "presence", user_id: 2, username: "bo", is_online: false }, 0);
    assert.deepEqual([core.people.get(2).is_online, core.people.get(2).name], [false, "Bo Lind"]);
  });
});

describe("what one may do", () => {
  it("depends on the kind, the role and the state", () => {
    const room = conversation({ kind: "room", owner_id: 1 });
    const own = actsOn(conversation(), message(1, ME), ME);
    const other = actsOn(conversation(), message(1), ME);
    assert.deepEqual([own.edit, own.remove, other.edit, other.remove], [true, true, false, false]);
    assert.equal(actsOn(room, message(1), ME).remove, true);
    assert.equal(actsOn({ ...room, kind: "channel", owner_id: 9 }, message(1), COACH).remove, true);
    const chat = (more) => conversation({ kind: "support", status: "active", members: [ME], ...more });
    assert.deepEqual([actsIn(chat(), COACH).take, actsIn(chat(), ME).take], [true, false]);
    assert.equal(actsIn(chat({ members: [ME, COACH] }), COACH).take, false);
    assert.deepEqual([actsIn(chat({ status: "closed" }), ME).post, actsIn(chat({ status: "closed" }), ME).reopen], [false, true]);
    assert.deepEqual([actsIn(chat({ status: "archived" }), ME).reopen, actsIn(chat({ status: "archived" }), COACH).unarchive], [false, true]);
  });
});

describe("times", () => {
  it("are short in lists and named by the day between messages", () => {
    const now = new Date(2026, 10, 20, 12, 0);
    const of = (...parts) => new Date(...parts).toISOString();
    assert.equal(shortTime(of(2026, 10, 20, 9, 5), now), "09:05");
    assert.equal(shortTime(of(2026, 10, 19, 23, 59), now), "Yesterday");
    assert.equal(shortTime(of(2026, 10, 3, 9, 5), now), "3 Nov");
    assert.equal(dayName(of(2026, 10, 20, 0, 1), now), "Today");
    assert.equal(dayName(of(2024, 10, 3, 9, 5), now), "3 November 2024");
  });
});
