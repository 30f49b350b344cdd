// What the rehearsal answers from: all saved questions, those of one analysis, or none. Loaded again into every new connection.

import { loadMemory, unloadMemory } from "../coach.js";
import { fill, h, icon } from "../dom.js";
import { errorText } from "../format.js";
import { onOpen } from "../live.js";
import { subscribe } from "../store.js";
import { analysisField } from "./select-analysis.js";

const ALL = "";
const OFF = "off";

export class MemoryBar {
  /**
   * @param {string} choice the id of an analysis, "" for all, "off" for none
   * @param {{ onChoice: (choice: string) => void, onState: () => void }} wishes `onState`: it may be ready now, or no more
   */
  constructor(choice, wishes) {
    this.choice = choice;
    this.wishes = wishes;
    /** @type {string | null} */
    this.clientId = null;
    this.stops = [];
    /** Which load is the last one: answers to earlier ones come too late. */
    this.turn = 0;
    this.isReady = false;
    this.field = analysisField({ scope: "memory", label: "Answer from", testid: "memory-choice", value: choice, first: [[ALL, "All saved questions"], [OFF, "Nothing (no memory)"]] });
    this.status = h("p", { class: "memory-status", role: "status", data: { testid: "memory-status", state: "waiting" } });
    this.node = h("div", { class: "memory" }, this.field.node, this.status);
    this.field.input.addEventListener("change", () => this.pick(this.field.input.value));
    this.say("waiting", "Connecting …");
  }

  start() {
    this.field.load().catch(() => { /* then only the analyses known so far can be chosen */ });
    this.stops = [
      onOpen((clientId) => { this.clientId = clientId; this.load(); }),
      subscribe(["connection"], ({ connection }) => { if (connection !== "live") this.lost(); }),
    ];
  }

  /** What was loaded went with the connection. */
  lost() {
    this.turn += 1;
    this.clientId = null;
    this.say("waiting", "Waiting for the connection …");
  }

  /** The analysis whose questions are loaded, if it is one. */
  get job() {
    return this.choice === ALL || this.choice === OFF ? null : this.choice;
  }

  /** Shows and takes another choice. */
  choose(choice) {
    if (choice === this.choice) return;
    this.field.choose(choice);
    this.pick(choice);
  }

  pick(choice) {
    this.choice = choice;
    this.wishes.onChoice(choice);
    this.load();
  }

  async load() {
    const { clientId, choice } = this;
    if (clientId === null) return;
    const turn = this.turn += 1;
    this.say("loading", choice === OFF ? "Forgetting …" : "Loading your answers …");
    try {
      const loaded = choice === OFF ? null : await loadMemory(clientId, this.job);
      if (choice === OFF) await unloadMemory(clientId);
      if (turn === this.turn) this.loaded(loaded);
    } catch (error) {
      // 404: that connection is gone; the next one is loaded when it opens
      if (turn !== this.turn || error.status === 401 || error.status === 404) return;
      this.say("failed", `Your answers could not be loaded. ${errorText(error)} `, h("button", { type: "button", class: "button small", on: { click: () => this.load() } }, "Try again"));
    }
  }

  loaded(count) {
    if (count === null) this.say("off", "No memory: every question goes without an answer.");
    else if (count === 0) this.say("empty", "Nothing is saved here yet. ", h("a", { href: "#/interview" }, "Write some answers"));
    else this.say("loaded", icon("check"), count === 1 ? "1 saved question in memory" : `${count} saved questions in memory`);
  }

  say(state, ...content) {
    this.status.dataset.state = state;
    fill(this.status, content);
    this.isReady = ["loaded", "empty", "off"].includes(state);
    this.wishes.onState();
  }

  dispose() {
    this.turn += 1;
    for (const stop of this.stops) stop();
    this.field.dispose();
  }
}
