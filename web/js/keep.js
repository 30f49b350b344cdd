// What a view keeps on this device over a reload, such as drafts. Of the one who is signed in, and forgotten when they sign out.

import { getState } from "./store.js";

const PREFIX = "greenroom.kept.";
const keyOf = (name) => `${PREFIX}${getState().user?.id}.${name}`;

/** @param {string} name @param {any} value what JSON can say; null forgets it */
export function keep(name, value) {
  if (!getState().user) return;
  try {
    if (value === null) localStorage.removeItem(keyOf(name));
    else localStorage.setItem(keyOf(name), JSON.stringify(value));
  } catch { /* storage is blocked or full: it lasts until the page is left */ }
}

/** Messages that wait for the connection, by user: see `conversations/client.js`. */
export const OUTBOX = "greenroom.outbox.";

/** @param {string} name @returns {any} null if nothing was kept */
export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(name)) ?? "null");
  } catch {
    return null;
  }
}

/** Nothing of anybody stays behind on this device. */
export function forgetAll() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(OUTBOX)) sessionStorage.removeItem(key);
  } catch { /* storage is blocked: then nothing was kept */ }
}
