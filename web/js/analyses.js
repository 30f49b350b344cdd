// The analyses one can prepare with: those that are complete, with a name a person recognises.

import { get, url } from "./api.js";
import { day, moment } from "./format.js";
import { loadUploads, refreshJobs } from "./resumes.js";
import { getState } from "./store.js";

/** File names of uploads that the list does not show. @type {Map<number, string>} */
const names = new Map();

/** Asks for what is needed to name them. */
export async function loadAnalyses() {
  await (getState().uploadsLoaded ? refreshJobs() : loadUploads());
  const unnamed = new Set(completed().map((job) => job.upload_id).filter((id) => nameOf(id) === undefined));
  await Promise.all([...unnamed].slice(0, 20).map(async (id) => {
    const upload = await get(url("/api/upload/get", { id })).catch(() => null);
    if (upload) names.set(id, upload.filename);
  }));
}

function completed() {
  return [...getState().jobs.values()].filter((job) => job.status === "completed")
    .sort((a, b) => Date.parse(b.completed_at) - Date.parse(a.completed_at));
}

function nameOf(uploadId) {
  return getState().uploads.find((upload) => upload.id === uploadId)?.filename ?? names.get(uploadId);
}

/** For a select, newest first. @returns {[jobId: string, text: string][]} */
export function analysisOptions() {
  const jobs = completed();
  const count = (id) => jobs.filter((job) => job.upload_id === id).length;
  return jobs.map((job) => {
    const when = count(job.upload_id) > 1 ? moment(job.completed_at) : day(job.completed_at);
    return [job.job_id, `${nameOf(job.upload_id) ?? "A résumé"} · ${when}`];
  });
}

/** @param {string} jobId @returns {string | null} null: it was deleted */
export const analysisName = (jobId) => analysisOptions().find(([id]) => id === jobId)?.[1] ?? null;
