// The person's uploads and jobs: loads them page by page, keeps the store in step, and sends every wish to the server.

import { del, get, newIdempotencyKey, post, request, url } from "./api.js";
import { isNewer } from "./jobs.js";
import { getState, set } from "./store.js";

/** @typedef {import("./store.js").Job} Job */

const UPLOADS_PAGE = 10;
const JOBS_PAGE = 200;

/** Where the list of jobs goes on; null when all are here. @type {string | null} */
let jobsCursor = null;
/** @type {Promise<void> | null} */
let refreshing = null;
const adopting = new Set();

export async function loadUploads() {
  const { data, nextCursor } = await request("GET", url("/api/uploads", { limit: UPLOADS_PAGE }));
  set({ uploads: data, nextCursor, uploadsLoaded: true });
  await refreshJobs();
}

export async function loadMoreUploads() {
  const cursor = getState().nextCursor;
  const { data, nextCursor } = await request("GET", url("/api/uploads", { limit: UPLOADS_PAGE, cursor }));
  const known = new Set(getState().uploads.map((upload) => upload.id));
  set({ uploads: [...getState().uploads, ...data.filter((upload) => !known.has(upload.id))], nextCursor });
  await loadJobsBackTo(oldestUpload());
}

/** Reads the newest jobs once; several callers at a time share one request. */
export function refreshJobs() {
  refreshing ??= readJobs().finally(() => { refreshing = null; });
  return refreshing;
}

async function readJobs() {
  const before = new Set(getState().jobs.keys());
  const { data, nextCursor } = await jobsPage();
  jobsCursor = nextCursor;
  const listed = new Set(data.map((job) => job.job_id));
  const oldest = nextCursor ? Date.parse(data.at(-1)?.created_at) : -Infinity;
  const jobs = new Map(getState().jobs);
  for (const [id, job] of jobs) {
    // Deleted elsewhere: it was here before we asked, and the list covers its time but does not name it.
    if (before.has(id) && !listed.has(id) && Date.parse(job.created_at) >= oldest) jobs.delete(id);
  }
  set({ jobs: merge(jobs, data) });
  await loadJobsBackTo(oldestUpload());
}

function jobsPage(cursor) {
  const user = getState().user;
  return request("GET", url("/api/analysis/user-jobs", { user_id: user?.id, limit: JOBS_PAGE, cursor }));
}

/** A job is never older than its upload: once the list reaches back that far, the shown uploads have all theirs. */
async function loadJobsBackTo(time) {
  while (jobsCursor) {
    const { data, nextCursor } = await jobsPage(jobsCursor);
    jobsCursor = nextCursor;
    set({ jobs: merge(new Map(getState().jobs), data) });
    if (data.length === 0 || Date.parse(data.at(-1).created_at) < time) return;
  }
}

function oldestUpload() {
  const last = getState().uploads.at(-1);
  return last ? Date.parse(last.upload_date) : Infinity;
}

/** @param {Map<string, Job>} jobs @param {Job[]} news */
function merge(jobs, news) {
  for (const job of news) if (isNewer(jobs.get(job.job_id), job)) jobs.set(job.job_id, job);
  return jobs;
}

/** Takes in one job's news, from a frame or an answer. @param {Job} job */
export function applyJob(job) {
  if (!job?.job_id || !isNewer(getState().jobs.get(job.job_id), job)) return;
  set({ jobs: new Map(getState().jobs).set(job.job_id, job) });
  adoptUpload(job.upload_id);
}

/** Shows an upload that another tab or device made. */
async function adoptUpload(id) {
  const { uploads, uploadsLoaded, nextCursor } = getState();
  if (!uploadsLoaded || adopting.has(id) || uploads.some((upload) => upload.id === id)) return;
  adopting.add(id);
  try {
    const upload = await get(url("/api/upload/get", { id }));
    if (!nextCursor || Date.parse(upload.upload_date) >= oldestUpload()) addUpload(upload);
  } catch { /* it was deleted meanwhile, or the next refresh brings it */ } finally {
    adopting.delete(id);
  }
}

/** @param {import("./store.js").Upload} upload */
export function addUpload(upload) {
  const others = getState().uploads.filter((known) => known.id !== upload.id);
  set({ uploads: [upload, ...others].sort((a, b) => Date.parse(b.upload_date) - Date.parse(a.upload_date)) });
}

/** @param {string} jobId @returns {Promise<Job>} */
export async function fetchJob(jobId) {
  const job = await get(url("/api/analysis/status", { job_id: jobId }));
  applyJob(job);
  return job;
}

/** @returns {Promise<string>} the id of the new job */
export async function startAnalysis(uploadId, key = newIdempotencyKey()) {
  const { job_id: jobId } = await post(url("/api/analysis/start", { upload_id: uploadId }), { key });
  await fetchJob(jobId);
  return jobId;
}

export async function retryJob(jobId) {
  await post(url("/api/analysis/retry-job", { job_id: jobId }), { key: newIdempotencyKey() });
  await fetchJob(jobId);
}

export async function cancelJob(jobId) {
  await post(url("/api/analysis/cancel-job", { job_id: jobId }), { key: newIdempotencyKey() });
  await fetchJob(jobId);
}

export async function deleteJob(jobId) {
  await deleted(del(url("/api/analysis/delete-job", { job_id: jobId })));
  const jobs = new Map(getState().jobs);
  jobs.delete(jobId);
  set({ jobs });
}

export async function deleteUpload(id) {
  await deleted(del(url("/api/upload/delete", { id })));
  const jobs = new Map([...getState().jobs].filter(([, job]) => job.upload_id !== id));
  set({ jobs, uploads: getState().uploads.filter((upload) => upload.id !== id) });
}

/** Already gone is as good as deleted. */
async function deleted(promise) {
  await promise.catch((error) => { if (error.status !== 404) throw error; });
}

export const fetchResult = (jobId, signal) => get(url("/api/analysis/result", { job_id: jobId }), { signal });
