// One résumé in the list, with the analyses that were made of it.

import { url } from "../api.js";
import { confirmDialog } from "../dialog.js";
import { fill, h, icon, reconcile, setText } from "../dom.js";
import { day, size } from "../format.js";
import { isActive, jobsOf } from "../jobs.js";
import { deleteUpload, startAnalysis } from "../resumes.js";
import { announce } from "../notify.js";
import { getState } from "../store.js";
import { busy } from "./busy.js";
import { jobCard } from "./job-card.js";

/** @param {import("../store.js").Upload} upload */
export function uploadCard(upload) {
  const known = new Map();
  const jobs = h("div", { class: "jobs" });
  const start = h("button", { type: "button", class: "button small", data: { testid: "start-analysis" } });
  start.addEventListener("click", () => busy(start, () => startAnalysis(upload.id)));
  const startLabel = h("span", null, "Analyse");
  fill(start, icon("play"), startLabel);

  const node = h("li", { class: "upload", data: { testid: "upload-card", uploadId: upload.id } },
    h("div", { class: "upload-head" },
      h("span", { class: "file-icon" }, icon("file")),
      h("div", { class: "upload-text" },
        h("h3", { tabindex: "-1", dir: "auto", data: { testid: "upload-name" } }, upload.filename),
        h("p", { class: "hint" }, meta(upload), linkedin(upload))),
      h("div", { class: "upload-actions" },
        start,
        h("a", { class: "icon-button", href: url("/api/upload/download", { id: upload.id }), download: upload.filename,
          "aria-label": `Download ${upload.filename}`, title: "Download", data: { testid: "download-upload" } }, icon("download")),
        h("button", { type: "button", class: "icon-button danger", "aria-label": `Delete ${upload.filename}`, title: "Delete",
          data: { testid: "delete-upload" }, on: { click: (event) => remove(upload, event.currentTarget) } }, icon("trash")))),
    jobs);

  const update = () => {
    const mine = jobsOf(getState().jobs.values(), upload.id);
    setText(startLabel, mine.length ? "Analyse again" : "Analyse");
    start.hidden = mine.some(isActive);
    reconcile(jobs, mine, (job) => job.job_id, (job) => jobCard(job, upload.filename), known);
  };
  update();
  return { node, update };
}

function meta(upload) {
  const kind = /\.(\w+)$/.exec(upload.filename)?.[1]?.toUpperCase();
  return [kind, size(upload.file_size), day(upload.upload_date)].filter(Boolean).join(" · ");
}

function linkedin(upload) {
  if (!/^https?:\/\//i.test(upload.linkedin_url ?? "")) return null;
  return [" · ", h("a", { href: upload.linkedin_url, target: "_blank", rel: "noopener noreferrer" }, "LinkedIn")];
}

async function remove(upload, button) {
  const agreed = await confirmDialog({
    title: "Delete this résumé?",
    text: `“${upload.filename}” and all its analyses will be deleted for good.`,
    confirm: "Delete for good",
  });
  if (!agreed) return;
  await busy(button, async () => {
    await deleteUpload(upload.id);
    announce(`${upload.filename} is deleted.`);
    document.getElementById("uploads-title")?.focus();
  });
}
