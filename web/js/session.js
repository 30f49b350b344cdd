// Who is signed in. The credential is an HttpOnly cookie: this page never sees it, it only asks `/api/auth/me`.

import { get, post, setUnauthorizedHandler } from "./api.js";
import { forgetAll } from "./keep.js";
import { expiresAt } from "./renewal.js";
import { getState, reset, set } from "./store.js";

/** Tabs tell each other when the session changes; the cookie is theirs in common. */
const channel = "BroadcastChannel" in window ? new BroadcastChannel("greenroom.session") : null;
/** @type {() => void} */
let onEnded = () => {};

/** @param {() => void} handler called when the session ended without the person asking for it */
export function onSessionEnded(handler) {
  onEnded = handler;
}

setUnauthorizedHandler(() => {
  if (!getState().user) return;
  reset();
  onEnded();
});

channel?.addEventListener("message", () => location.reload());

/** @returns {Promise<boolean>} whether somebody is signed in */
export async function restore() {
  try {
    set({ user: await get("/api/auth/me", { anonymous: true }) });
    return true;
  } catch (error) {
    if (error.status !== 401) throw error;
    return false;
  }
}

/** Asks the server again; a 401 ends the session here too. */
export async function verify() {
  await get("/api/auth/me").catch(() => {});
}

/** @param {{ email: string, password: string }} fields */
export async function signIn(fields) {
  enter(await post("/api/auth/login", { json: fields, anonymous: true }));
}

/** @param {{ name: string, email: string, password: string }} fields */
export async function signUp(fields) {
  enter(await post("/api/auth/signup", { json: fields, anonymous: true }));
}

function enter(answer) {
  reset();
  set({ user: answer.user });
  expiresAt(answer.expires_at);
  channel?.postMessage("changed");
}

/** Throws when the server could not be told: then the cookie still lives, and saying otherwise would be a lie. */
export async function signOut() {
  try {
    await post("/api/auth/logout", { anonymous: true });
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  leave();
}

/** The session is over at the server: nothing of it stays here. */
export function leave() {
  forgetAll();
  reset();
  channel?.postMessage("changed");
}
