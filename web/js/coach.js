// Interview questions, the library of saved ones, and the memory that a rehearsal answers from: what is asked of the server.

import { del, get, newIdempotencyKey, post, put, request, url } from "./api.js";

/**
 * @typedef {{ id: string, question: string, category: string, difficulty: string, tags: string[], answer: string }} Question
 * @typedef {{ id: number, question_id: string, question: string, answer: string, category: string, difficulty: string, tags: string[],
 *   job_title: string | null, company: string | null, job_id: string | null, saved_at: string }} Saved
 * @typedef {{ job_title: string, level: string, company: string, job_description: string, num_questions: number }} Target
 * @typedef {{ category?: string, difficulty?: string, tags?: string, q?: string, job_id?: string }} Filter
 */

export const CATEGORIES = ["Technical", "Behavioral", "Situational", "Problem-Solving"];
export const DIFFICULTIES = ["Easy", "Medium", "Hard"];
/** A model may take its time. */
const MODEL_MS = 180_000;
const PAGE = 20;
const SAVED_PAGE = 200;
/** The most that a conversation can hold in its memory. */
const MEMORY = 500;

/** @param {string} jobId @param {Target} target @returns {Promise<Question[]>} */
export async function generate(jobId, target) {
  const { questions } = await post("/api/interview/generate", { json: { job_id: jobId, ...target }, patience: MODEL_MS });
  return questions;
}

/** @param {string} jobId @param {Question} question @param {string} instructions @returns {Promise<string>} another answer */
export async function regenerate(jobId, { id, question }, instructions) {
  const json = { job_id: jobId, question_id: id, question, instructions };
  return (await post("/api/interview/regenerate-answer", { json, patience: MODEL_MS })).answer;
}

/**
 * @param {string} jobId @param {Question} question with the answer as it is to be kept
 * @param {{ job_title?: string, company?: string }} target
 * @returns {Promise<number>} the id in the library; a question that is there already keeps its answer, and is refused with 409
 */
export async function save(jobId, { id, ...content }, { job_title, company }) {
  const json = { job_id: jobId, question_id: id, ...content, job_title, company };
  return (await post("/api/interview/save-question", { json, key: newIdempotencyKey() })).saved_question_id;
}

/** @returns {Promise<number | null>} the id in the library, if the question is there */
export async function findSaved(jobId, questionId) {
  return (await get(url("/api/interview/check-saved", { job_id: jobId, question_id: questionId }))).saved_question_id;
}

/** Everything that was saved from one analysis. @returns {Promise<Saved[]>} */
export async function savedOf(jobId) {
  const all = [];
  for (;;) {
    const page = await get(url("/api/interview/saved-questions", { job_id: jobId, limit: SAVED_PAGE, offset: all.length }));
    all.push(...page.questions);
    if (page.questions.length === 0 || all.length >= page.total) return all;
  }
}

/** How many questions are saved, of one analysis or of all. @param {string} [jobId] */
export async function countSaved(jobId) {
  return (await get(url("/api/interview/saved-questions", { job_id: jobId, limit: 1 }))).total;
}

/** @param {Filter} filter @param {string | null} cursor @param {AbortSignal} [signal] @returns {Promise<{ data: Saved[], nextCursor: string | null }>} */
export function library(filter, cursor = null, signal = undefined) {
  return request("GET", url("/api/interview/library", { ...filter, limit: PAGE, cursor }), { signal });
}

/** @param {number} id @param {Partial<Saved>} changes @returns {Promise<Saved>} as it is now */
export const editSaved = (id, changes) => put(`/api/interview/saved-questions/${id}`, { json: changes });

/** Already gone is as good as deleted. @param {number} id */
export async function deleteSaved(id) {
  await del(`/api/interview/saved-questions/${id}`).catch((error) => { if (error.status !== 404) throw error; });
}

/** Loads the newest saved questions into a connection. @param {string} clientId @param {string | null} jobId null: of all analyses */
export async function loadMemory(clientId, jobId) {
  const json = { client_id: clientId, limit: MEMORY, ...(jobId && { job_id: jobId }) };
  return (await post("/api/chat/load-qa", { json, patience: 45_000 })).loaded;
}

export const unloadMemory = (clientId) => post("/api/chat/unload-qa", { json: { client_id: clientId } });

/** What is typed as a list: `rust,  go, ` → `["rust", "go"]`. */
export const tagList = (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];
