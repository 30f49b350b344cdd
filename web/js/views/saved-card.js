// One question of the library: read, edited in place, deleted.

import { deleteSaved, editSaved } from "../coach.js";
import { confirmDialog } from "../dialog.js";
import { fill, h, icon } from "../dom.js";
import { day } from "../format.js";
import { busy } from "./busy.js";
import { answerText, editForm, isBeingEdited, labels } from "./question-parts.js";

/**
 * @param {import("../coach.js").Saved} first
 * @param {{ tagHref: (tag: string) => string, analysisName: (jobId: string) => string | null, onDeleted: () => void }} options
 */
export function savedCard(first, { tagHref, analysisName, onDeleted }) {
  let saved = first;
  const title = h("h2", { class: "question-title", id: `saved-${first.id}`, tabindex: "-1", dir: "auto", data: { testid: "saved-question" } });
  const node = h("article", { class: "question", "aria-labelledby": title.id, data: { testid: "saved-card", savedId: first.id } });
  const editButton = h("button", { type: "button", class: "button small", data: { testid: "edit-saved" }, on: { click: () => edit() } }, icon("edit"), "Edit");
  const deleteButton = h("button", { type: "button", class: "icon-button danger", "aria-label": "Delete this question", title: "Delete this question",
    data: { testid: "delete-saved" }, on: { click: () => busy(deleteButton, remove) } }, icon("trash"));

  const show = () => {
    fill(title, saved.question);
    fill(node, h("div", { class: "question-head" }, labels(saved, tagHref)), title, answerText(saved.answer),
      h("div", { class: "question-foot" }, h("p", { class: "hint", dir: "auto" }, origin(saved, analysisName)),
        h("div", { class: "actions" }, editButton, deleteButton)));
  };
  const edit = (focus = true) => {
    const close = () => { show(); editButton.focus(); };
    const form = editForm(saved, {
      cancel: close,
      save: async (changes) => {
        if (Object.keys(changes).length > 0) saved = await editSaved(saved.id, changes);
        close();
      },
    });
    fill(node, h("div", { class: "sr-only" }, title), form.node);
    if (focus) form.focus();
  };
  const remove = async () => {
    const agreed = await confirmDialog({ title: "Delete this question?", text: `“${saved.question}” and your answer will be gone for good.`, confirm: "Delete for good" });
    if (!agreed) return;
    await deleteSaved(saved.id);
    onDeleted();
  };
  if (isBeingEdited(saved)) edit(false);
  else show();
  return { node };
}

function origin({ job_title: title, company, job_id: job, saved_at: at }, analysisName) {
  const place = [title, company && `at ${company}`].filter(Boolean).join(" ");
  return [place, job && analysisName(job), `saved ${day(at)}`].filter(Boolean).join(" · ");
}
