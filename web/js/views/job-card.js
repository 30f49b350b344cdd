// One analysis: its steps while it runs, its outcome afterwards, and what one can do about it.

import { confirmDialog } from "../dialog.js";
import { fill, h, icon, setText } from "../dom.js";
import { moment, took } from "../format.js";
import { isActive, isCancelled, statusLine } from "../jobs.js";
import { cancelJob, deleteJob, retryJob } from "../resumes.js";
import { announce } from "../notify.js";
import { busy } from "./busy.js";
import { stepList } from "./steps.js";

/** @typedef {import("../store.js").Job} Job */

/**
 * @param {Job} first @param {string} fileName for what is said aloud
 * @param {{ standalone?: boolean, onDeleted?: () => void }} [options] `standalone`: alone on its page, without a link to itself
 */
export function jobCard(first, fileName, { standalone = false, onDeleted } = {}) {
  const steps = stepList();
  const bar = h("progress", { class: "bar", max: 100, "aria-label": "Progress of the analysis", data: { testid: "job-progress" } });
  const line = h("p", { class: "job-line", data: { testid: "job-status" } });
  const when = h("p", { class: "hint job-when" });
  const percent = h("span", { class: "percent" });
  const running = h("div", { class: "job-running" }, steps.node, h("div", { class: "job-bar" }, bar, percent));
  const problem = h("p", { class: "job-problem", dir: "auto", data: { testid: "job-error" } });
  const actions = h("div", { class: "actions job-actions" });
  const node = h("article", { class: "job", "aria-label": `Analysis of ${fileName}`, data: { testid: "job-card", jobId: first.job_id } },
    h("div", { class: "job-head" }, h("div", { class: "job-words" }, line, when), actions), running, problem);
  let shown = null;

  const update = (job) => {
    if (job === shown) return;
    if (shown && statusLine(shown) !== statusLine(job)) announce(`${fileName}: ${statusLine(job)}`);
    const changed = shown?.status !== job.status;
    shown = job;
    node.dataset.status = job.status;
    setText(line, statusLine(job));
    setText(when, whenLine(job));
    steps.update(job);
    bar.value = job.progress;
    setText(percent, `${job.progress} %`);
    running.hidden = job.status === "completed";
    problem.hidden = job.status !== "failed" || isCancelled(job) || !job.error_message;
    setText(problem, job.error_message ?? "");
    if (changed) keepFocus(node, actions, () => fill(actions, buttons(job, { standalone, onDeleted })));
  };
  update(first);
  return { node, update };
}

/** The buttons change under the finger: if one of them had the focus, the card's first new one takes it. */
function keepFocus(card, actions, change) {
  const had = actions.contains(document.activeElement);
  change();
  if (had) (actions.querySelector("a, button") ?? card).focus();
}

function whenLine(job) {
  const attempt = job.attempt > 1 ? ` · attempt ${job.attempt}` : "";
  if (isActive(job)) return `Started ${moment(job.created_at)}${attempt}`;
  const end = job.completed_at ?? job.updated_at;
  const time = job.status === "completed" && job.attempt <= 1 ? took(job.created_at, end) : "";
  return `${moment(end)}${time && ` · took ${time}`}${attempt}`;
}

function buttons(job, { standalone, onDeleted }) {
  const { job_id: id, status } = job;
  const on = (wish) => ({ click: (event) => busy(event.currentTarget, wish) });
  if (isActive(job)) return h("button", { type: "button", class: "button small", data: { testid: "cancel-job" }, on: on(() => cancelJob(id)) }, "Cancel");
  return [
    status === "completed" && !standalone
      && h("a", { class: "button small primary", href: `#/jobs/${id}`, data: { testid: "open-profile" } }, "Read the profile", icon("arrow")),
    status === "failed" && h("button", { type: "button", class: "button small primary", data: { testid: "retry-job" }, on: on(() => retryJob(id)) },
      icon("retry"), "Try again"),
    h("button", { type: "button", class: "icon-button danger", "aria-label": "Delete this analysis", title: "Delete this analysis",
      data: { testid: "delete-job" }, on: on(() => remove(id, onDeleted)) }, icon("trash")),
  ];
}

async function remove(id, onDeleted) {
  const agreed = await confirmDialog({
    title: "Delete this analysis?", text: "Its profile goes with it. The résumé itself stays.", confirm: "Delete the analysis",
  });
  if (!agreed) return;
  await deleteJob(id);
  announce("The analysis is deleted.");
  if (onDeleted) onDeleted();
  else document.getElementById("uploads-title")?.focus();
}
