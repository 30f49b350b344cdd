// The one socket of the page: views hear frames of a type and send their own. It also keeps the jobs current: by frames
// while the socket lives, by asking every few seconds while it does not.

import { sleep } from "./backoff.js";
import { isActive } from "./jobs.js";
import { applyJob, fetchJob, refreshJobs } from "./resumes.js";
import { verify } from "./session.js";
import { LiveSocket } from "./socket.js";
import { getState, set } from "./store.js";

/** At most this many status requests in one round: far below the server's limit of 100 a minute. */
const JOBS_PER_ROUND = 2;
const roundMs = () => 2000 + Math.random() * 1000;

/** @type {AbortController | null} */
let polling = null;
let turn = 0;

/** Who hears which frames. @type {Map<string, Set<(frame: any) => void>>} */
const hearers = new Map();
/** @type {Set<(clientId: string) => void>} */
const openers = new Set();
/** What the server calls the connection that lives now; null while none does. @type {string | null} */
let clientId = null;

const socket = new LiveSocket({
  onFrame(frame) {
    for (const hear of [...hearers.get(frame?.type) ?? []]) hear(frame);
  },
  onOpen(id) {
    stopPolling();
    clientId = id;
    set({ connection: "live" });
    refreshJobs().catch(() => {});
    for (const open of [...openers]) open(id);
  },
  onDown() {
    clientId = null;
    if (getState().connection !== "offline") set({ connection: "polling" });
    startPolling();
    probe();
  },
  onRefused() {
    clientId = null;
    set({ connection: "stopped" });
    startPolling();
    verify();
  },
});

onFrame("job", (frame) => applyJob(frame.job));

addEventListener("online", () => socket.retryNow());
document.addEventListener("visibilitychange", () => { if (!document.hidden) socket.retryNow(); });

/**
 * Hears the frames of a type, whatever connection they come on.
 * @param {string} type @param {(frame: any) => void} fn
 * @returns {() => void} stops hearing
 */
export function onFrame(type, fn) {
  if (!hearers.has(type)) hearers.set(type, new Set());
  hearers.get(type)?.add(fn);
  return () => hearers.get(type)?.delete(fn);
}

/**
 * Told of every new connection, and at once of the one that lives now. What the last connection was given (memory,
 * subscriptions) the new one has not: give it again here. That one is lost shows in the store's `connection`.
 * @param {(clientId: string) => void} fn
 * @returns {() => void} stops
 */
export function onOpen(fn) {
  openers.add(fn);
  if (clientId !== null) fn(clientId);
  return () => openers.delete(fn);
}

/** Sends a frame. @returns {boolean} false: there is no connection, and nothing was sent */
export const send = (frame) => clientId !== null && socket.send(frame);

export function startLive() {
  set({ connection: "connecting" });
  socket.start();
}

export function stopLive() {
  stopPolling();
  socket.stop();
  clientId = null;
  set({ connection: "idle" });
}

/** "Try now": ends the wait for the next attempt. */
export function reconnectNow() {
  socket.retryNow();
  probe();
}

function startPolling() {
  if (polling) return;
  polling = new AbortController();
  poll(polling.signal);
}

function stopPolling() {
  polling?.abort();
  polling = null;
}

async function poll(signal) {
  let pause = roundMs();
  while (!signal.aborted) {
    await sleep(pause, signal);
    if (signal.aborted) return;
    pause = await round() ?? roundMs();
  }
}

/** Asks for the active jobs, in turn if there are many. @returns {Promise<number | undefined>} how long the server wants us to wait */
async function round() {
  const active = [...getState().jobs.values()].filter(isActive);
  const chosen = Array.from({ length: Math.min(JOBS_PER_ROUND, active.length) }, () => active[turn++ % active.length]);
  const results = await Promise.allSettled(chosen.map((job) => fetchJob(job.job_id)));
  const errors = results.filter((result) => result.status === "rejected").map((result) => result.reason);
  if (errors.some((error) => error.status === 404)) await refreshJobs().catch(() => {});
  if (chosen.length > 0) reachable(!errors.some((error) => error.unreachable));
  const until = Math.max(0, ...errors.map((error) => error.retryAt ?? 0));
  return until > Date.now() ? until - Date.now() : undefined;
}

/** The socket failed: is it only the socket, or the whole server? */
async function probe() {
  const answer = await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(5000) }).catch(() => null);
  reachable(answer !== null);
}

function reachable(yes) {
  const before = getState().connection;
  if (before !== "polling" && before !== "offline") return;
  set({ connection: yes ? "polling" : "offline" });
  if (yes && before === "offline") socket.retryNow();
}
