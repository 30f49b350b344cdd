// The rehearsal: questions are typed as an interviewer would ask them, and the memory answers with what was saved.

import { get, url } from "../api.js";
import { library } from "../coach.js";
import { fill, h, icon } from "../dom.js";
import { keep, kept } from "../keep.js";
import { onFrame, send } from "../live.js";
import { remember } from "../router.js";
import { answeredIndex, exchanges } from "../similarity.js";
import { getState, isReachable, subscribe } from "../store.js";
import { composer } from "./composer.js";
import { exchange } from "./exchange.js";
import { loadError } from "./load-error.js";
import { MemoryBar } from "./memory-bar.js";
import { missingAnswer } from "./missing-answer.js";

/** Exchanges of before that are shown. */
const SHOWN = 40;
const HINTS = 3;

/** @param {import("../router.js").Place} place @returns {import("../router.js").View} */
export function rehearsalView({ query }) {
  const page = new Rehearsal(query.get("job"));
  page.start();
  return {
    title: "Rehearsal", node: page.node,
    update: ({ query: next }) => page.memory.choose(next.get("job") ?? page.memory.choice),
    dispose: () => page.dispose(),
  };
}

class Rehearsal {
  constructor(job) {
    this.abort = new AbortController();
    /** Tells the answers of this view from those of other windows' questions. */
    this.session = `rehearsal-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
    this.asked = 0;
    /** Asked and not answered, in the order in which they will be. @type {{ id: string, entry: ReturnType<typeof exchange> }[]} */
    this.pending = [];
    this.unreached = false;
    this.shownUpTo = 0;
    this.log = h("div", { class: "log", role: "log", "aria-label": "The rehearsal", "aria-live": "polite", data: { testid: "rehearsal-log" } });
    this.intro = h("div", { class: "rehearsal-intro" });
    this.memory = new MemoryBar(job ?? kept("rehearsal.memory") ?? "", {
      onChoice: (choice) => { remember("/rehearsal", { job: choice }); keep("rehearsal.memory", choice); this.suggest(); },
      onState: () => this.composer?.update(),
    });
    this.composer = composer({ onSend: (text) => this.ask(text), isReady: () => this.memory.isReady && getState().connection === "live" && this.loaded });
    this.loaded = false;
    this.startOver = h("button", { type: "button", class: "button small quiet", data: { testid: "start-over" }, on: { click: () => this.clear() } }, icon("retry"), "Start over");
    this.node = h("div", { class: "page rehearsal" },
      h("header", { class: "page-head" },
        h("h1", { tabindex: "-1", data: { testid: "rehearsal-title" } }, "Rehearsal"),
        h("p", { class: "lead" }, "Type a question as the interviewer would. If you have saved an answer to it, in whatever words, you get it back.")),
      h("div", { class: "memory-row" }, this.memory.node, this.startOver),
      this.intro, this.log, this.composer.node);
    this.stops = [
      onFrame("message", (frame) => { if (frame.sessionId === this.session) this.answered(frame); }),
      onFrame("error", (frame) => this.refused(frame)),
      subscribe(["connection"], (state) => this.connectionChanged(state)),
    ];
  }

  start() {
    remember("/rehearsal", { job: this.memory.choice });
    this.memory.start();
    this.loadHistory();
  }

  /** What was asked before, as the server keeps it. */
  async loadHistory() {
    this.unreached = false;
    const { signal } = this.abort;
    try {
      const [conversation] = await get(url("/api/conversations", { kind: "assistant", limit: 1 }), { signal });
      const messages = conversation ? await get(`/api/conversations/${conversation.id}/messages?limit=${SHOWN * 2}`, { signal }) : [];
      this.shownUpTo = conversation?.last_seq ?? 0;
      this.loaded = true;
      const from = kept("rehearsal.from") ?? 0;
      this.log.setAttribute("aria-live", "off");
      fill(this.log, exchanges(messages).filter(({ seq }) => seq > from).map(({ asked, answer, metadata }) => {
        const entry = this.entry(asked);
        entry.answer(answer, metadata);
        return entry.node;
      }));
      this.log.setAttribute("aria-live", "polite");
      fill(this.intro);
      this.suggest();
      this.composer.update();
      this.scrollDown();
    } catch (error) {
      if (signal.aborted || error.status === 401) return;
      this.unreached = error.unreachable;
      fill(this.intro, loadError(error, () => this.loadHistory()));
    }
  }

  entry(asked) {
    return exchange(asked, { onMissing: (question, place) => missingAnswer(question, place, { job: this.memory.job, onSaved: () => this.memory.load() }) });
  }

  /** While nothing was asked: a few of the saved questions, to be asked in other words. */
  async suggest() {
    if (!this.loaded || this.log.childElementCount > 0) return;
    const { choice } = this.memory;
    const rows = choice === "off" ? [] : await library({ job_id: choice }, null, this.abort.signal).then(({ data }) => data, () => []);
    if (this.abort.signal.aborted || this.log.childElementCount > 0 || choice !== this.memory.choice) return;
    fill(this.intro, rows.length > 0 && h("div", { class: "hints", data: { testid: "hints" } },
      h("p", { class: "hint" }, "Questions from your library. Take one, and put it in other words:"),
      h("ul", null, rows.slice(0, HINTS).map(({ question }) => h("li", null,
        h("button", { type: "button", class: "hint-button", dir: "auto", data: { testid: "hint" }, on: { click: () => this.composer.put(question) } }, question))))));
  }

  ask(text) {
    fill(this.intro);
    const entry = this.entry(text);
    this.log.append(entry.node);
    this.sendAgain(entry);
    this.scrollDown();
  }

  sendAgain(entry) {
    const id = `r-${this.session}-${this.asked += 1}`;
    entry.wait();
    this.pending.push({ id, entry });
    if (!send({ type: "message", id, content: entry.asked, sessionId: this.session })) this.fail(id, "There is no connection to the server just now. The page keeps trying; ask again once it is live.");
  }

  answered({ content, metadata }) {
    const index = answeredIndex(this.pending.map(({ entry }) => entry.asked), metadata);
    if (index < 0) return;
    for (const { id } of this.pending.slice(0, index)) this.fail(id, "The server did not take this question.");
    this.pending.shift()?.entry.answer(content, metadata);
    this.scrollDown();
  }

  refused({ ref, code, message, error, retry_after: wait }) {
    const text = `${message ?? error}${wait ? ` Try again in ${Math.ceil(wait)} s.` : ""}`;
    if (typeof ref === "string") this.fail(ref, text);
    // frames came too fast and were dropped unread: nobody knows which
    else if (code === "RATE_LIMITED") for (const { id } of [...this.pending]) this.fail(id, text);
  }

  fail(id, text) {
    const index = this.pending.findIndex((one) => one.id === id);
    if (index < 0) return;
    const [{ entry }] = this.pending.splice(index, 1);
    entry.fail(text, () => this.sendAgain(entry));
  }

  connectionChanged(state) {
    if (state.connection !== "live") {
      for (const { id } of [...this.pending]) this.fail(id, "The connection was lost before the answer came.");
    }
    if (this.unreached && isReachable(state)) this.loadHistory();
    this.composer.update();
  }

  /** Hides what was asked so far; the server keeps it in the conversation with the assistant. */
  async clear() {
    const [conversation] = await get(url("/api/conversations", { kind: "assistant", limit: 1 })).catch(() => []);
    keep("rehearsal.from", conversation?.last_seq ?? this.shownUpTo);
    fill(this.log);
    this.pending = [];
    this.suggest();
    this.composer.focus();
  }

  scrollDown() {
    if (this.log.childElementCount > 0) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  }

  dispose() {
    this.abort.abort();
    for (const stop of this.stops) stop();
    this.memory.dispose();
  }
}
