// Interview questions: what they are wanted for, and the set that was written.

import { analysisOptions } from "../analyses.js";
import { generate, savedOf } from "../coach.js";
import { confirmDialog } from "../dialog.js";
import { fill, h, icon, setText } from "../dom.js";
import { errorText } from "../format.js";
import { keepSet, keptSet, newSet, standing, targetLine, wouldLose } from "../interview-set.js";
import { kept, keep } from "../keep.js";
import { announce } from "../notify.js";
import { address, remember } from "../router.js";
import { getState, isReachable, subscribe } from "../store.js";
import { busy } from "./busy.js";
import { interviewForm } from "./interview-form.js";
import { loadError } from "./load-error.js";
import { questionCard } from "./question-card.js";

/** @param {import("../router.js").Place} place @returns {import("../router.js").View} */
export function interviewView({ query }) {
  const page = new InterviewPage(query.get("job") ?? kept("interview.job"));
  page.load();
  return {
    title: "Interview", node: page.node,
    update: ({ query: next }) => page.open(next.get("job") ?? page.jobId),
    dispose: () => page.dispose(),
  };
}

class InterviewPage {
  constructor(jobId) {
    this.jobId = jobId;
    this.left = false;
    this.body = h("div", { class: "interview" });
    this.node = h("div", { class: "page wide" },
      h("header", { class: "page-head" },
        h("h1", { tabindex: "-1", data: { testid: "interview-title" } }, "Interview"),
        h("p", { class: "lead" }, "Questions you may be asked, each with an answer from your own résumé. Make them yours, then keep them.")),
      this.body);
    this.form = null;
    this.empty = false;
    this.unreached = false;
    this.stops = [
      subscribe(["connection"], (state) => { if (this.unreached && isReachable(state)) this.load(); }),
      subscribe(["jobs"], () => { if (this.empty && analysisOptions().length > 0) this.show(); }),
    ];
  }

  async load() {
    this.unreached = false;
    this.form ??= interviewForm({ jobId: this.jobId, onGenerate: (target) => this.generate(target), onJob: (id) => this.open(id) });
    if (analysisOptions().length === 0) fill(this.body, h("div", { role: "status" }, h("span", { class: "sr-only" }, "Loading your résumés …"), h("div", { class: "skeleton tall" })));
    try {
      await this.form.load();
      if (!this.left) this.show();
    } catch (error) {
      if (this.left || error.status === 401) return;
      this.unreached = error.unreachable;
      fill(this.body, loadError(error, () => this.load()));
    }
  }

  show() {
    const options = analysisOptions();
    this.empty = options.length === 0;
    if (this.empty) {
      fill(this.body, nothingYet());
      return;
    }
    this.results = h("section", { class: "questions", "aria-labelledby": "questions-title" });
    fill(this.body, this.form.node, this.results);
    this.open(options.some(([id]) => id === this.jobId) ? this.jobId : options[0][0]);
  }

  /** Shows the set of an analysis, as it lies on this device. */
  open(jobId) {
    if (!this.results) return;
    this.jobId = jobId;
    keep("interview.job", jobId);
    remember("/interview", { job: jobId });
    this.form.choose(jobId);
    const set = keptSet(jobId);
    this.form.fillIn(set?.target);
    this.showSet(set);
  }

  showSet(set) {
    this.set = set;
    this.cards = [];
    if (!set) {
      fill(this.results, h("div", { class: "empty", data: { testid: "no-questions" } },
        h("h2", { class: "empty-title", id: "questions-title", tabindex: "-1" }, "No questions yet"),
        h("p", null, "Say what the interview is for, or leave it all empty, and press “Generate questions”.")));
      return;
    }
    const { jobId } = this;
    const desk = {
      jobId, target: set.target, saved: null,
      keep: () => keepSet(jobId, set),
      changed: () => this.summarise(),
    };
    this.desk = desk;
    this.cards = set.cards.map((card, index) => questionCard(card, index, desk));
    const count = set.cards.length;
    this.tally = h("p", { class: "hint", data: { testid: "saved-tally" } });
    this.saveAll = h("button", { type: "button", class: "button small", data: { testid: "save-all" }, on: { click: () => this.saveEach() } }, icon("bookmark"), h("span", null, "Save all"));
    fill(this.results,
      h("div", { class: "questions-head" },
        h("div", null,
          h("h2", { id: "questions-title", tabindex: "-1", data: { testid: "questions-title" } }, count === 1 ? "1 question" : `${count} questions`),
          targetLine(set.target) && h("p", { class: "hint", dir: "auto" }, targetLine(set.target)), this.tally),
        h("div", { class: "actions" }, this.saveAll,
          h("a", { class: "button small", href: address("/rehearsal", { job: jobId }), data: { testid: "to-rehearsal" } }, icon("stage"), "Rehearse"))),
      h("ol", { class: "question-list" }, this.cards.map((card) => h("li", null, card.node))));
    this.summarise();
    this.compare(desk);
  }

  /** Asks which of the set are in the library. */
  async compare(desk) {
    try {
      const rows = await savedOf(desk.jobId);
      desk.saved = new Map(rows.map((row) => [row.question_id, row]));
      if (desk === this.desk && !this.left) this.summarise();
    } catch (error) {
      if (desk !== this.desk || this.left || error.status === 401) return;
      fill(this.tally, `The library could not be asked: ${errorText(error)} `,
        h("button", { type: "button", class: "button small", on: { click: () => { fill(this.tally); this.compare(desk); } } }, "Try again"));
    }
  }

  summarise() {
    for (const card of this.cards) card.update();
    const { saved } = this.desk;
    const open = this.set.cards.filter((card) => standing(card, saved) !== "saved").length;
    this.saveAll.hidden = saved === null || open === 0;
    const total = this.set.cards.length;
    if (saved !== null) setText(this.tally, open === 0 ? "All are in your library." : `${total - open} of ${total} in your library.`);
  }

  saveEach() {
    return busy(this.saveAll, async () => {
      for (const card of this.cards) {
        if (["new", "changed"].includes(standing(card.card, this.desk.saved)) && card.card.editing === null) await card.save();
      }
      announce("All are in your library.");
    });
  }

  async generate(target) {
    const { jobId, set } = this;
    if (set && this.desk && wouldLose(set, this.desk.saved) && !await confirmDialog({
      title: "Replace these questions?", text: "Answers that you changed and did not save to the library will be lost.", confirm: "Replace them",
    })) return;
    this.wait(target.num_questions);
    const user = getState().user;
    try {
      const questions = await generate(jobId, target);
      // Kept even if the view was left meanwhile: it is there on return.
      const fresh = newSet(target, questions);
      if (getState().user?.id === user?.id) keepSet(jobId, fresh);
      if (this.left || this.jobId !== jobId) return;
      this.showSet(fresh);
      const title = this.results.querySelector("#questions-title");
      title.focus({ preventScroll: true });
      title.scrollIntoView({ block: title.getBoundingClientRect().top > innerHeight / 3 ? "start" : "nearest" });
      announce(`${questions.length} questions are ready.`);
    } catch (error) {
      if (!this.left && this.jobId === jobId) this.showSet(set);
      throw error;
    }
  }

  wait(count) {
    fill(this.results, h("div", { role: "status", data: { testid: "generating" } },
      h("p", { class: "waiting-line" }, count === 1 ? "Writing a question …" : `Writing ${count} questions …`),
      Array.from({ length: Math.min(count, 4) }, () => h("div", { class: "skeleton tall" }))));
  }

  dispose() {
    this.left = true;
    for (const stop of this.stops) stop();
    this.form?.dispose();
  }
}

function nothingYet() {
  return h("div", { class: "empty", data: { testid: "no-analysis" } },
    h("p", { class: "empty-title" }, "First, a résumé."),
    h("p", null, "The questions are made from what it says. Hand one in and let it be analysed."),
    h("p", null, h("a", { class: "button primary", href: "#/" }, "Hand in a résumé")));
}
