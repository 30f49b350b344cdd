// Keeps the session alive while the page is open: asks for a new token before the one in the cookie expires. The cookie
// is not seen here, so what is known of its end is kept beside it.

import { post } from "./api.js";
import { keep, kept } from "./keep.js";

const EXPIRES = "session.expires_at";
/** A new token is asked for so long before the end. The server gives one in the last 15 minutes, unless it is set up otherwise. */
const BEFORE_MS = 10 * 60_000;
/** Tabs share the token: they do not all ask in the same moment. */
const SPREAD_MS = 60_000;
/** A clock that goes wrong must not ask all the time. */
const LEAST_MS = 30_000;
/** Timers wait for 24 days at most. */
const MOST_MS = 24 * 3_600_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let running = false;

/** @param {number} expiresAt seconds since the epoch, as the server says at every sign-in */
export function expiresAt(expiresAt) {
  keep(EXPIRES, expiresAt);
}

/** To be called when somebody is signed in. */
export function startRenewal() {
  running = true;
  plan(due());
}

export function stopRenewal() {
  running = false;
  clearTimeout(timer);
}

/** When to ask; at once if nothing is known. */
function due() {
  const at = kept(EXPIRES);
  return at === null ? 0 : at * 1000 - BEFORE_MS;
}

function plan(at) {
  clearTimeout(timer);
  if (!running) return;
  const wait = at + Math.random() * SPREAD_MS - Date.now();
  timer = setTimeout(renew, Math.min(Math.max(wait, LEAST_MS), MOST_MS));
}

async function renew() {
  // another tab was quicker, or the timer could not wait so long
  if (due() > Date.now()) return plan(due());
  try {
    const { expires_at: at } = await post("/api/auth/refresh");
    expiresAt(at);
    plan(due());
  } catch (error) {
    // 401: whoever asked has ended the session already
    if (error.status !== 401) plan(error.code === "TOKEN_NOT_DUE" ? error.body.refresh_at * 1000 : 0);
  }
}
