// What the cards of questions have in common, in the set and in the library: labels, the answer, the form to edit.

import { CATEGORIES, DIFFICULTIES, tagList } from "../coach.js";
import { h } from "../dom.js";
import { keep, kept } from "../keep.js";
import { announce } from "../notify.js";
import { field, formAlert, showFormError } from "./form.js";

/** @typedef {import("../coach.js").Question | import("../coach.js").Saved} Asked */

/** Category, difficulty and tags. @param {Asked} question @param {((tag: string) => string) | null} [tagHref] where a tag leads */
export function labels({ category, difficulty, tags }, tagHref = null) {
  const step = DIFFICULTIES.indexOf(difficulty) + 1;
  return h("ul", { class: "labels", "aria-label": "Kind" },
    h("li", { class: "label category", data: { category } }, category),
    h("li", { class: "label difficulty", data: { step: String(step) } },
      h("span", { class: "pips", "aria-hidden": "true" }, [1, 2, 3].map((n) => h("span", { class: n <= step ? "pip on" : "pip" }))), difficulty),
    tags.map((tag) => h("li", { class: "label tag" }, tagHref
      ? h("a", { href: tagHref(tag), dir: "auto", title: `Show only what is tagged ${tag}` }, tag)
      : h("span", { dir: "auto" }, tag))));
}

/** An answer, in its paragraphs. */
export function answerText(text) {
  const paragraphs = text.split(/\n\s*\n/).map((part) => part.trim()).filter(Boolean);
  return h("div", { class: "answer", data: { testid: "answer" } }, paragraphs.map((part) => h("p", { dir: "auto" }, part)));
}

export const answerField = (scope, value) => field({
  scope, name: "answer", as: "textarea", label: "Answer", testid: "edit-answer", value, rows: 7, maxlength: 20_000, dir: "auto", required: true,
});

const DRAFT = "library.edit";

/** Whether this question was being edited when the page was left. @param {import("../coach.js").Saved} saved */
export const isBeingEdited = ({ id }) => kept(DRAFT)?.id === id;

/**
 * The form that edits all of a saved question. What is typed survives a reload.
 * @param {import("../coach.js").Saved} saved
 * @param {{ save: (changes: any) => Promise<void>, cancel: () => void }} wishes `save` gets what differs
 */
export function editForm(saved, { save, cancel }) {
  const scope = `saved-${saved.id}`;
  const choose = (name, label, list) => field({ scope, name, as: "select", label, testid: `edit-${name}`, value: saved[name], options: list.map((item) => [item, item]) });
  const text = (name, label, maxlength, rest = {}) => field({ scope, name, label, testid: `edit-${name}`, value: saved[name] ?? "", maxlength, dir: "auto", ...rest });
  const fields = {
    question: text("question", "Question", 2000, { as: "textarea", rows: 2, required: true }),
    answer: answerField(scope, saved.answer),
    category: choose("category", "Category", CATEGORIES),
    difficulty: choose("difficulty", "Difficulty", DIFFICULTIES),
    tags: text("tags", "Tags", 1200, { value: saved.tags.join(", "), hint: "Separated by commas.", autocapitalize: "none" }),
    job_title: text("job_title", "Job title", 200),
    company: text("company", "Company", 200),
  };
  const alert = formAlert("edit-error");
  const submit = h("button", { type: "submit", class: "button primary small", data: { testid: "edit-save" } }, "Save changes");
  const node = h("form", { class: "form question-form", novalidate: true, "aria-label": "Edit the question" },
    alert.node, fields.question.node, fields.answer.node,
    h("div", { class: "field-row" }, fields.category.node, fields.difficulty.node),
    fields.tags.node,
    h("div", { class: "field-row" }, fields.job_title.node, fields.company.node),
    h("div", { class: "actions" }, submit,
      h("button", { type: "button", class: "button small quiet", data: { testid: "edit-cancel" }, on: { click: () => { keep(DRAFT, null); cancel(); } } }, "Cancel")));
  const typed = isBeingEdited(saved) ? kept(DRAFT) : {};
  for (const [name, { input }] of Object.entries(fields)) input.value = typed[name] ?? input.value;
  node.addEventListener("input", () => keep(DRAFT, { id: saved.id, ...Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, input.value])) }));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    alert.set(null);
    if (submit.disabled || !complete(fields)) return;
    submit.disabled = true;
    submit.textContent = "Saving …";
    try {
      await save(changesOf(saved, fields));
      keep(DRAFT, null);
      announce("The changes are saved.");
    } catch (error) {
      showFormError(error, fields, alert);
    } finally {
      submit.disabled = false;
      submit.textContent = "Save changes";
    }
  });
  return { node, focus: () => fields.answer.input.focus() };
}

function complete({ question, answer }) {
  for (const [entry, text] of [[answer, "Please write an answer."], [question, "Please write the question."]]) {
    if (entry.input.value.trim()) continue;
    entry.setError(text);
    entry.input.focus();
    return false;
  }
  return true;
}

function changesOf(saved, fields) {
  const changes = {};
  for (const [name, { input }] of Object.entries(fields)) {
    const value = name === "tags" ? tagList(input.value) : input.value.trim();
    if (JSON.stringify(value) !== JSON.stringify(saved[name] ?? "")) changes[name] = value;
  }
  return changes;
}
