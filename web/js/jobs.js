// What a job is and how news of it is merged. Pure: no network, no page.

/** @typedef {import("./store.js").Job} Job */

/** The five steps, with the progress at which each begins. */
export const STEPS = [
  { status: "extracting_text", label: "Extracting text", progress: 10 },
  { status: "chunking", label: "Chunking text", progress: 30 },
  { status: "generating_embeddings", label: "Generating embeddings", progress: 50 },
  { status: "analyzing", label: "AI analysis", progress: 70 },
  { status: "completed", label: "Analysis complete", progress: 100 },
];

export const isEnded = (job) => job.status === "completed" || job.status === "failed";
export const isActive = (job) => !isEnded(job);

/** The contract's mark of a cancelled job. */
export const isCancelled = (job) => job.status === "failed" && job.error_message === "Cancelled by user";

/**
 * Where a job stands among the five steps.
 * @param {Job} job
 * @returns {("done" | "active" | "failed" | "todo")[]}
 */
export function stepStates(job) {
  if (job.status === "completed") return STEPS.map(() => "done");
  const failed = job.status === "failed";
  const current = failed ? stepOfProgress(job.progress) : STEPS.findIndex((step) => step.status === job.status);
  return STEPS.map((_, index) => {
    if (index < current) return "done";
    if (index > current) return "todo";
    return failed ? "failed" : "active";
  });
}

/** A failed job keeps its progress; what failed is the step that had begun (the first, if none had). */
function stepOfProgress(progress) {
  return Math.max(0, STEPS.findLastIndex((step) => step.progress <= progress));
}

/** One sentence for where the job stands now. @param {Job} job */
export function statusLine(job) {
  if (job.status === "completed") return "Analysis complete";
  if (job.status === "failed") return isCancelled(job) ? "Cancelled" : "The analysis failed";
  if (job.status !== "queued") return job.current_step || STEPS.find((step) => step.status === job.status)?.label || "Working";
  const position = job.queue_position;
  if (position === null || position === undefined) return "Waiting";
  return position <= 1 ? "Waiting: next in the queue" : `Waiting: number ${position} in the queue`;
}

/**
 * Frames and answers may overtake each other; the later state of a job wins.
 * @param {Job | undefined} known @param {Job} news
 */
export function isNewer(known, news) {
  if (!known) return true;
  const before = Date.parse(known.updated_at);
  const after = Date.parse(news.updated_at);
  if (before !== after) return after > before;
  return !(isEnded(known) && isActive(news)) && news.progress >= known.progress;
}

/** Newest first. @param {Iterable<Job>} jobs @param {number} uploadId */
export function jobsOf(jobs, uploadId) {
  return [...jobs].filter((job) => job.upload_id === uploadId)
    .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
}
