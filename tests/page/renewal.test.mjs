// The token is renewed before it ends, once for all tabs, and never in a loop.

import assert from "node:assert/strict";
import { afterEach, beforeEach, it, mock } from "node:test";

import { expiresAt, startRenewal, stopRenewal } from "../../web/js/renewal.js";
import { set } from "../../web/js/store.js";

const MINUTE = 60_000;
const seconds = (ms) => ms / 1000;
let asked;
/** What the server answers. */
let answer;

/** Lets so much time pass, in small steps, so that what waits for an answer gets it. */
async function pass(ms) {
  for (let gone = 0; gone < ms; gone += MINUTE) {
    mock.timers.tick(MINUTE);
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key),
  };
  asked = [];
  globalThis.fetch = async (path) => {
    asked.push({ path, at: Date.now() });
    const { status, body } = answer();
    return { ok: status < 300, status, headers: new Headers(), text: async () => JSON.stringify(body) };
  };
  set({ user: { id: 1 } });
});

afterEach(() => {
  stopRenewal();
  mock.timers.reset();
});

const renewed = (lifetime) => ({ status: 200, body: { expires_at: seconds(Date.now() + lifetime) } });

it("asks for a new token ten minutes before the end, again and again", async () => {
  answer = () => renewed(60 * MINUTE);
  expiresAt(seconds(60 * MINUTE));
  startRenewal();
  await pass(49 * MINUTE);
  assert.deepEqual(asked, []);
  await pass(3 * MINUTE);
  assert.equal(asked.length, 1);
  assert.equal(asked[0].path, "/api/auth/refresh");
  await pass(53 * MINUTE);
  assert.equal(asked.length, 2);
});

it("comes back when the server says that it is too early, and not at once when it cannot be reached", async () => {
  answer = () => ({ status: 400, body: { code: "TOKEN_NOT_DUE", refresh_at: seconds(30 * MINUTE) } });
  startRenewal();
  await pass(3 * MINUTE);
  assert.equal(asked.length, 1);
  answer = () => ({ status: 503, body: {} });
  await pass(32 * MINUTE);
  assert.ok(asked.length >= 2 && asked.length <= 6, `${asked.length} requests`);
});

it("leaves it at that when another tab has renewed it, or the session has ended", async () => {
  answer = () => ({ status: 401, body: {} });
  expiresAt(seconds(60 * MINUTE));
  startRenewal();
  await pass(40 * MINUTE);
  expiresAt(seconds(120 * MINUTE));
  await pass(30 * MINUTE);
  assert.deepEqual(asked, []);
  await pass(60 * MINUTE);
  assert.equal(asked.length, 1);
});
