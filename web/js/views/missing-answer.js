// A question that nothing saved could answer: its answer is written and saved on the spot.

import { analysisOptions } from "../analyses.js";
import { save } from "../coach.js";
import { fill, h, icon } from "../dom.js";
import { announce } from "../notify.js";
import { field, formAlert, showFormError } from "./form.js";
import { address } from "../router.js";

/** The longest question that the library keeps. */
const MAX_QUESTION = 2000;
let count = 0;

/**
 * @param {string} asked @param {Element} place where the form goes
 * @param {{ job: string | null, onSaved: () => Promise<void> | void }} options `job`: the analysis to save it with, if one is chosen
 */
export function missingAnswer(asked, place, { job, onSaved }) {
  const scope = `missing-${count += 1}`;
  const options = analysisOptions();
  if (options.length === 0) {
    fill(place, h("p", { class: "hint" }, "An answer is saved with a résumé. ", h("a", { href: "#/" }, "Hand one in first")));
    return;
  }
  const analysis = field({ scope, name: "job_id", as: "select", label: "With the résumé", testid: "missing-job", options, value: job ?? options[0][0] });
  const answer = field({ scope, name: "answer", as: "textarea", label: "Your answer", testid: "missing-answer", rows: 5, maxlength: 20_000, dir: "auto", required: true });
  const alert = formAlert("missing-error");
  const submit = h("button", { type: "submit", class: "button primary small", data: { testid: "missing-save" } }, icon("bookmark"), "Save to library");
  const form = h("form", { class: "form question-form", novalidate: true, "aria-label": "Write the answer" }, alert.node, answer.node,
    options.length > 1 && analysis.node, h("div", { class: "actions" }, submit));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    alert.set(null);
    const text = answer.input.value.trim();
    if (!text) {
      answer.setError("Please write an answer.");
      answer.input.focus();
      return;
    }
    submit.disabled = true;
    try {
      const question = [...asked].slice(0, MAX_QUESTION).join("");
      await save(analysis.input.value, { id: `rehearsed-${Date.now().toString(36)}`, question, answer: text }, {});
      fill(place, h("p", { class: "hint good" }, icon("check"), "Saved. Ask it again, in other words. ", h("a", { href: address("/library", { q: question.slice(0, 200) }) }, "In your library")));
      announce("Saved to your library.");
      await onSaved();
    } catch (error) {
      showFormError(error, { answer, job_id: analysis }, alert);
    } finally {
      submit.disabled = false;
    }
  });
  fill(place, form);
  answer.input.focus({ preventScroll: true });
  form.scrollIntoView({ block: "nearest" });
}
