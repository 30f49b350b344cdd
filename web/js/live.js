// Keeps the jobs current: by the socket while it lives, by asking every few seconds while it does not.

import { sleep } from "./backoff.js";
import { isActive } from "./jobs.js";
import { applyJob, fetchJob, refreshJobs } from "./library.js";
import { verify } from "./session.js";
import { LiveSocket } from "./socket.js";
import { getState, set } from "./store.js";

/** At most this many status requests in one round: far below the server's limit of 100 a minute. */
const JOBS_PER_ROUND = 2;
const roundMs = () => 2000 + Math.random() * 1000;

/** @type {AbortController | null} */
let polling = null;
let turn = 0;

const socket = new LiveSocket({
  onFrame(frame) {
    if (frame?.type === "job") applyJob(frame.job);
  },
  onOpen() {
    stopPolling();
    set({ connection: "live" });
    refreshJobs().catch(() => {});
  },
  onDown() {
    if (getState().connection !== "offline") set({ connection: "polling" });
    startPolling();
    probe();
  },
  onRefused() {
    set({ connection: "stopped" });
    startPolling();
    verify();
  },
});

addEventListener("online", () => socket.retryNow());
document.addEventListener("visibilitychange", () => { if (!document.hidden) socket.retryNow(); });

export function startLive() {
  set({ connection: "connecting" });
  socket.start();
}

export function stopLive() {
  stopPolling();
  socket.stop();
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
