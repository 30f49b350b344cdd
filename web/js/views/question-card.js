// One generated question: its answer can be written anew, edited and saved. What is saved is what the server said is saved.

import { editSaved, findSaved, regenerate, save, savedOf } from "../coach.js";
import { fill, h, icon, setText } from "../dom.js";
import { replaceAnswer, standing, swapBack } from "../interview-set.js";
import { announce } from "../notify.js";
import { address } from "../router.js";
import { busy } from "./busy.js";
import { field } from "./form.js";
import { answerField, answerText, labels } from "./question-parts.js";

/**
 * @typedef {{ jobId: string, target: import("../coach.js").Target, saved: Map<string, import("../coach.js").Saved> | null,
 *   keep: () => void, changed: () => void }} Desk what the cards of a set share; `saved` null: not known yet
 * @param {import("../interview-set.js").Card} card @param {number} index @param {Desk} desk
 */
export function questionCard(card, index, desk) {
  return new QuestionCard(card, index, desk);
}

class QuestionCard {
  constructor(card, index, desk) {
    Object.assign(this, { card, desk });
    this.saving = false;
    this.mark = h("p", { class: "saved-mark", data: { testid: "saved-mark" } });
    this.body = h("div", { class: "question-body" });
    this.actions = h("div", { class: "actions" });
    this.title = h("h3", { id: `question-${card.id}`, tabindex: "-1", dir: "auto" }, card.question);
    this.node = h("article", { class: "question", "aria-labelledby": this.title.id, data: { testid: "question-card", questionId: card.id } },
      h("div", { class: "question-head" }, h("span", { class: "question-number", "aria-hidden": "true" }, String(index + 1)), labels(card), this.mark),
      this.title, this.body, this.actions);
    this.makeButtons();
    if (card.editing === null) this.showAnswer();
    else this.edit();
  }

  makeButtons() {
    const button = (testid, name, text, run, extra = "") => h("button",
      { type: "button", class: `button small ${extra}`, data: { testid }, on: { click: (event) => run(event.currentTarget) } }, name && icon(name), h("span", null, text));
    this.saveButton = button("save-question", "bookmark", "Save to library", (target) => this.saveByHand(target), "primary");
    this.editButton = button("edit-question", "edit", "Edit", () => this.edit());
    this.anotherButton = button("another-answer", "retry", "Another answer", () => this.askForAnother());
    this.backButton = button("previous-answer", "back", "Previous answer", () => this.takeBack(), "quiet");
  }

  /** Shows where the card stands to the library. */
  update() {
    const state = standing(this.card, this.desk.saved);
    const { node, mark, saveButton } = this;
    if (!this.saving) {
      saveButton.disabled = state === "unknown";
      setText(saveButton.lastChild, state === "changed" ? "Save changes" : "Save to library");
    }
    saveButton.hidden = state === "saved" || this.card.editing !== null;
    this.backButton.hidden = this.card.before === null;
    if (node.dataset.saved === state) return;
    node.dataset.saved = state;
    const link = (text) => h("a", { href: address("/library", { job: this.desk.jobId }), data: { testid: "to-library" } }, icon("bookmarked"), text);
    fill(mark, state === "saved" && link("In your library"), state === "changed" && link("In your library, in other words"));
  }

  showAnswer() {
    fill(this.body, answerText(this.card.draft));
    fill(this.actions, this.saveButton, this.editButton, this.anotherButton, this.backButton);
    this.update();
  }

  edit() {
    const { card } = this;
    const answer = answerField(card.id, card.editing ?? card.draft);
    const stop = (text) => {
      if (text !== null && text !== card.draft) replaceAnswer(card, text);
      card.editing = null;
      this.desk.keep();
      this.showAnswer();
      this.desk.changed();
      this.editButton.focus();
    };
    const form = h("form", { class: "form question-form", novalidate: true, "aria-label": "Edit the answer" },
      answer.node,
      h("div", { class: "actions" },
        h("button", { type: "submit", class: "button small primary", data: { testid: "edit-done" } }, "Done"),
        h("button", { type: "button", class: "button small quiet", data: { testid: "edit-cancel" }, on: { click: () => stop(null) } }, "Cancel"),
        h("p", { class: "hint" }, "It stays on this device until you save it to the library.")));
    answer.input.addEventListener("input", () => { card.editing = answer.input.value; this.desk.keep(); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = answer.input.value.trim();
      if (text) stop(text);
      else {
        answer.setError("Please write an answer.");
        answer.input.focus();
      }
    });
    const opened = card.editing === null;
    card.editing = answer.input.value;
    fill(this.body, form);
    fill(this.actions);
    this.update();
    if (opened) answer.input.focus();
  }

  askForAnother() {
    const wish = field({ scope: this.card.id, name: "instructions", label: "What should be different?", testid: "instructions", maxlength: 2000, dir: "auto",
      placeholder: "shorter, more numbers, the payment project …", hint: "You may leave it empty." });
    const write = h("button", { type: "submit", class: "button small primary", data: { testid: "write-another" } }, "Write another answer");
    const close = () => { this.showAnswer(); this.anotherButton.focus(); };
    const form = h("form", { class: "form question-form", "aria-label": "Another answer" }, wish.node,
      h("div", { class: "actions" }, write, h("button", { type: "button", class: "button small quiet", on: { click: close } }, "Cancel")));
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      write.textContent = "Writing …";
      busy(write, async () => {
        const answer = await regenerate(this.desk.jobId, this.card, wish.input.value.trim());
        replaceAnswer(this.card, answer);
        this.desk.keep();
        close();
        this.desk.changed();
        announce("There is another answer.");
      }).finally(() => { write.textContent = "Write another answer"; });
    });
    fill(this.actions, form);
    wish.input.focus();
  }

  takeBack() {
    swapBack(this.card);
    this.desk.keep();
    this.showAnswer();
    this.desk.changed();
    this.backButton.focus();
    announce("The previous answer is back.");
  }

  async saveByHand(button) {
    await busy(button, () => this.save());
    if (document.activeElement === document.body) this.mark.querySelector("a")?.focus();
  }

  /** Saves the draft; a question that is in the library already gets the new answer. */
  async save() {
    const { card, desk } = this;
    const { id, question, category, difficulty, tags, draft } = card;
    this.saving = true;
    setText(this.saveButton.lastChild, "Saving …");
    try {
      const there = desk.saved?.get(id);
      const content = { question, category, difficulty, tags, answer: draft };
      const kept = there ? await editSaved(there.id, { answer: draft }) : { ...content, id: await save(desk.jobId, { id, ...content }, desk.target) };
      desk.saved?.set(id, kept);
      announce("Saved to your library.");
    } catch (error) {
      // saved elsewhere meanwhile, or deleted there: the server is asked how it stands
      if (error.status === 409 || error.status === 404) await this.look();
      if (error.status !== 409 || desk.saved?.get(id)?.answer !== draft) throw error;
    } finally {
      this.saving = false;
      desk.changed();
    }
  }

  async look() {
    const { card: { id }, desk: { jobId, saved } } = this;
    const savedId = await findSaved(jobId, id);
    const there = savedId !== null && (await savedOf(jobId)).find((row) => row.id === savedId);
    if (there) saved?.set(id, there);
    else saved?.delete(id);
  }
}
