// What the interview is for: the form above the questions.

import { fill, h, icon } from "../dom.js";
import { keep, kept } from "../keep.js";
import { field, formAlert, showFormError } from "./form.js";
import { analysisField } from "./select-analysis.js";

const LEVELS = [["", "By résumé"], ["Junior", "Junior"], ["Mid", "Mid"], ["Senior", "Senior"], ["Lead", "Lead"]];
const MOST = 30;
const USUAL = 10;

/** @param {{ jobId: string | null, onGenerate: (target: import("../coach.js").Target) => Promise<void>, onJob: (id: string) => void }} wishes */
export function interviewForm({ jobId, onGenerate, onJob }) {
  const scope = "interview";
  const analysis = analysisField({ scope, label: "Résumé", testid: "interview-job", value: jobId });
  const fields = {
    job_title: field({ scope, name: "job_title", label: "Job title", testid: "job-title", maxlength: 200, dir: "auto", autocomplete: "off", placeholder: "Backend engineer" }),
    level: field({ scope, name: "level", as: "select", label: "Level", testid: "level", options: LEVELS, value: "" }),
    company: field({ scope, name: "company", label: "Company", testid: "company", maxlength: 200, dir: "auto", autocomplete: "off", placeholder: "Harbour Lane Ltd" }),
    job_description: field({ scope, name: "job_description", as: "textarea", label: "Job description", testid: "job-description", rows: 4, maxlength: 20_000, dir: "auto",
      hint: "Paste the advertisement: the questions follow what it asks for." }),
    num_questions: field({ scope, name: "num_questions", label: "Questions", testid: "num-questions", type: "number", min: 1, max: MOST, step: 1, value: USUAL, inputmode: "numeric", required: true }),
  };
  const alert = formAlert("generate-error");
  const submit = h("button", { type: "submit", class: "button primary wide", data: { testid: "generate" } }, icon("spark"), "Generate questions");
  const node = h("form", { class: "card form interview-form", novalidate: true, "aria-labelledby": "interview-form-title" },
    h("h2", { id: "interview-form-title" }, icon("compass"), "What is it for?"),
    alert.node, analysis.node, fields.job_title.node,
    h("div", { class: "field-row" }, fields.level.node, fields.num_questions.node),
    fields.company.node, fields.job_description.node, submit);
  analysis.input.addEventListener("change", () => { alert.set(null); onJob(analysis.input.value); });
  const values = () => Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, input.value]));
  node.addEventListener("input", () => keep("interview.form", { for: analysis.input.value, ...values() }));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    alert.set(null);
    const target = read(fields);
    if (submit.disabled || !target) return;
    submit.disabled = true;
    fill(submit, "Writing …");
    try {
      await onGenerate(target);
    } catch (error) {
      showFormError(error, { ...fields, job_id: analysis }, alert);
    } finally {
      submit.disabled = false;
      fill(submit, icon("spark"), "Generate questions");
    }
  });
  return {
    node,
    load: () => analysis.load(),
    choose: (id) => analysis.choose(id),
    /** What was typed last for this analysis, else what its set was made for, else what stands there. */
    fillIn(target) {
      const typed = kept("interview.form");
      const known = typed?.for === analysis.input.value ? typed : target;
      if (known) for (const [name, { input }] of Object.entries(fields)) input.value = known[name] ?? "";
    },
    dispose: () => analysis.dispose(),
  };
}

function read(fields) {
  const { input } = fields.num_questions;
  const count = Number(input.value);
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    fields.num_questions.setError(`From 1 to ${MOST}, please.`);
    input.focus();
    return null;
  }
  const text = (name) => fields[name].input.value.trim();
  return { job_title: text("job_title"), level: text("level"), company: text("company"), job_description: text("job_description"), num_questions: count };
}
