// Carries out what the core of the conversations wants: frames, requests, announcements. Lives as long as somebody is
// signed in, whatever part of the page is open: the badge in the navigation counts all the time.

import { get, newIdempotencyKey, request, url } from "../api.js";
import { errorText } from "../format.js";
import { OUTBOX } from "../keep.js";
import { onFrame, onOpen, send } from "../live.js";
import { announce, toast } from "../notify.js";
import { getState, set, subscribe } from "../store.js";
import { Core } from "./core.js";
import { contentOf, displayName, isStaff, queueLength, titleOf, unreadSum } from "./model.js";

const FRAMES = ["subscribed", "ack", "new_message", "message_updated", "message_deleted", "reaction", "typing", "read",
  "presence", "conversation", "error"];
const LIST_PAGE = 200;
/** Pages of the list that are read: what is older is found by its name in the directory, or by search. */
const LIST_PAGES = 5;
const TICK_MS = 1000;
/** Who waits for a coach is told to nobody else: coaches ask. */
const QUEUE_MS = 8000;
/** The list may have aged while nobody looked. */
const STALE_MS = 60_000;
/** Without a socket the list comes by a request. */
const PATIENCE_MS = 3000;

/** @type {Core | null} */
let core = null;
/** @type {Set<(changes: Set<string>) => void>} */
const watchers = new Set();
/** @type {{ error: any } | null} why the list could not be read */
let listProblem = null;
/** @type {Promise<void> | null} */
let listing = null;
let listAgain = false;
let listedAt = 0;
/** @type {(() => void)[]} */
let stops = [];
/** @type {Set<string>} */
let pending = new Set();
let scheduled = false;

export const chats = () => core;
export const problemOfList = () => listProblem;

/** @param {(changes: Set<string>) => void} fn told what changed, at most once per frame @returns {() => void} */
export function watch(fn) {
  watchers.add(fn);
  return () => watchers.delete(fn);
}

/** Lets the core do something, then does what it wants. @param {(core: Core, now: number) => void} wish */
export function act(wish) {
  if (!core) return;
  wish(core, Date.now());
  settle();
}

function settle() {
  const { effects, changes } = core.take();
  for (const effect of effects) perform(effect);
  for (const change of changes) pending.add(change);
  if (pending.size > 0) schedule();
}

/** Bursts are shown once per frame of the screen; hidden pages have no frames. */
function schedule() {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(tell, 200);
  else requestAnimationFrame(tell);
}

function tell() {
  scheduled = false;
  const changes = pending;
  pending = new Set();
  if (!core) return;
  if (changes.has("list")) count();
  for (const watcher of [...watchers]) watcher(changes);
}

function count() {
  const { waiting: before } = getState();
  const waiting = queueLength(core.conversations.values(), core.me);
  set({ unread: unreadSum(core.conversations.values()), waiting });
  if (waiting > before) announce(waiting === 1 ? "Somebody waits for a coach." : `${waiting} people wait for a coach.`);
}

/** @param {import("./core.js").Effect} effect */
function perform(effect) {
  switch (effect.do) {
    case "send": return void send(effect.frame);
    case "load": return void load(effect.id, effect.load);
    case "fetch": return void fetchOne(effect.id);
    case "list": return void refresh();
    case "heard": return hear(effect.id, effect.message);
    case "problem": return toast(errorText(effect.error), { kind: "bad" });
    case "keep": return keep();
  }
}

async function load(id, page) {
  const asked = core;
  try {
    const path = `/api/conversations/${id}/messages`;
    const { data, nextCursor } = await request("GET", url(path, { before_seq: page.before, limit: page.limit }));
    if (asked === core) act((current) => current.loaded(id, page, data, nextCursor !== null));
  } catch (error) {
    if (asked === core) act((current) => current.failed(id, page, error));
  }
}

async function fetchOne(id) {
  const asked = core;
  try {
    const conversation = await get(`/api/conversations/${id}`);
    if (asked === core) act((current) => current.fetched(conversation));
  } catch (error) {
    if (asked === core && error.status === 404) act((current) => current.missing(id));
  }
}

/** Reads the list. Whoever asks while it is read gets it read once more: the answer under way may be too old for them. */
export function refresh() {
  if (listing) {
    listAgain = true;
    return;
  }
  const asked = core;
  act((current) => current.asksForList());
  listing = readList(asked).finally(() => {
    if (core !== asked) return;
    listing = null;
    if (listAgain) refresh();
  });
  listAgain = false;
}

async function readList(asked) {
  try {
    const found = [];
    let cursor = null;
    let pages = 0;
    do {
      const { data, nextCursor } = await request("GET", url("/api/conversations", { limit: LIST_PAGE, cursor }));
      found.push(...data);
      cursor = nextCursor;
      pages += 1;
    } while (cursor && pages < LIST_PAGES);
    if (asked !== core) return;
    listProblem = null;
    listedAt = Date.now();
    act((current) => current.list(found, cursor === null));
  } catch (error) {
    if (asked !== core || !core) return;
    listProblem = { error };
    act((current) => current.changes.add("list"));
  }
}

/** Whatever part of the page is open, and while nobody looks at it: who waits shows in the title, too. */
export async function askForQueue() {
  if (!core?.online || !core.listed || !isStaff(core.me)) return;
  const asked = core;
  const query = { kind: "support", status: "active", limit: LIST_PAGE };
  const answer = await request("GET", url("/api/conversations", query)).catch(() => null);
  if (answer && asked === core) act((current) => current.queue(answer.data, answer.nextCursor === null));
}

/** Says a message of the open conversation to who listens to the page; of others, that there is one. */
function hear(id, message) {
  const conversation = core?.conversations.get(id);
  if (!conversation || getState().section !== "conversations") return;
  const who = typeof message.sender === "object" ? displayName(message.sender) : "Greenroom";
  if (core.open === id) announce(`${who}: ${contentOf(message)}`);
  else if (["direct", "support"].includes(conversation.kind)) announce(`New message in ${titleOf(conversation, core.me)}`);
}

function keep() {
  try {
    const entries = core.outbox.entries.filter((entry) => entry.state !== "sent");
    if (entries.length > 0) sessionStorage.setItem(`${OUTBOX}${core.me.id}`, JSON.stringify(entries));
    else sessionStorage.removeItem(`${OUTBOX}${core.me.id}`);
  } catch { /* storage is blocked or full: what is pending lasts until the page is left */ }
}

function kept(user) {
  try {
    return JSON.parse(sessionStorage.getItem(`${OUTBOX}${user.id}`) ?? "[]");
  } catch {
    return [];
  }
}

/** A name under which the server stores a message once. */
export const newName = () => `c-${newIdempotencyKey()}`;

/** Somebody signed in. */
export function startConversations() {
  const { user } = getState();
  if (core?.me.id === user.id) return;
  stopConversations();
  core = new Core(user, kept(user));
  listProblem = null;
  const every = (ms, fn) => {
    const timer = setInterval(fn, ms);
    return () => clearInterval(timer);
  };
  const looked = () => { if (!document.hidden && Date.now() - listedAt > STALE_MS) refresh(); };
  document.addEventListener("visibilitychange", looked);
  const late = setTimeout(() => { if (!core?.listed) refresh(); }, PATIENCE_MS);
  stops = [
    ...FRAMES.map((type) => onFrame(type, (frame) => act((current, now) => current.receive(frame, now)))),
    onOpen(() => act((current, now) => current.connected(now))),
    subscribe(["connection"], ({ connection }) => {
      if (connection !== "live") act((current) => current.disconnected());
    }),
    every(TICK_MS, () => act((current, now) => current.tick(now))),
    every(QUEUE_MS, askForQueue),
    () => document.removeEventListener("visibilitychange", looked),
    () => clearTimeout(late),
  ];
}

/** Nobody is signed in any more. What was not sent waits for the same user: only who signs out takes it with them. */
export function stopConversations() {
  if (!core) return;
  for (const end of stops) end();
  stops = [];
  core = null;
  listing = null;
  listAgain = false;
  pending = new Set();
}
