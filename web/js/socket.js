// One living connection to `/ws`: it reconnects by itself, and says in which state it is.

import { delay } from "./backoff.js";

const PING_MS = 25_000;
const PONG_WAIT_MS = 10_000;
/** A connection that lasted this long is a good one: the next back-off begins anew. */
const STABLE_MS = 5_000;
/** Closed for what we sent: the same again would be refused again (contract of the socket's close codes). */
const NEVER_AGAIN = new Set([1002, 1003, 1007, 1009]);
const POLICY = 1008;

/**
 * @typedef {{ onFrame: (frame: any) => void, onOpen: (clientId: string) => void, onDown: () => void,
 *   onRefused: (reason: string) => void }} Listener
 *   `onOpen`: the welcome came; `onDown`: lost, trying again; `onRefused`: closed for good until signed in again
 */

export class LiveSocket {
  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.attempt = 0;
    this.wanted = false;
    this.timers = { retry: 0, ping: 0, pong: 0, stable: 0 };
  }

  start() {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    this.connect();
  }

  stop() {
    this.wanted = false;
    this.drop();
  }

  /** Ends a wait: the network came back, or somebody pressed "try now". */
  retryNow() {
    if (!this.wanted || this.socket) return;
    this.attempt = 0;
    this.connect();
  }

  connect() {
    clearTimeout(this.timers.retry);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.socket = socket;
    this.awaitFrame();
    socket.addEventListener("message", (event) => {
      if (this.socket === socket) this.receive(event.data);
    });
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) this.closed(event.code, event.reason);
    });
  }

  receive(data) {
    clearTimeout(this.timers.pong);
    this.schedulePing();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame?.type === "system") this.welcomed(frame.metadata?.client_id ?? "");
    this.listener.onFrame(frame);
  }

  welcomed(clientId) {
    clearTimeout(this.timers.stable);
    this.timers.stable = setTimeout(() => { this.attempt = 0; }, STABLE_MS);
    this.listener.onOpen(clientId);
  }

  /** @returns {boolean} whether the frame was handed to a living connection; nobody keeps it for later */
  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  schedulePing() {
    clearTimeout(this.timers.ping);
    this.timers.ping = setTimeout(() => {
      if (this.send({ type: "ping" })) this.awaitFrame();
    }, PING_MS);
  }

  /** Nothing heard in time: the line is dead although nobody closed it, as after a suspended laptop. */
  awaitFrame() {
    clearTimeout(this.timers.pong);
    this.timers.pong = setTimeout(() => this.closed(1006, ""), PONG_WAIT_MS);
  }

  closed(code, reason) {
    this.drop();
    if (!this.wanted) return;
    if (code === POLICY || NEVER_AGAIN.has(code)) {
      this.wanted = false;
      this.listener.onRefused(reason);
      return;
    }
    this.timers.retry = setTimeout(() => this.connect(), delay(this.attempt));
    this.attempt += 1;
    this.listener.onDown();
  }

  drop() {
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    const socket = this.socket;
    this.socket = null;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close();
  }
}
