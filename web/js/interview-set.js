// A set of questions as it lies on this device: what the server wrote, and the answers as they were edited since.

import { keep, kept } from "./keep.js";

/**
 * @typedef {import("./coach.js").Question & { draft: string, before: string | null, editing: string | null }} Card
 *   `draft`: the answer as it stands here; `before`: the one it took the place of; `editing`: what the open editor holds
 * @typedef {{ target: import("./coach.js").Target, cards: Card[] }} QuestionSet
 */

const name = (jobId) => `interview.${jobId}`;

/** @param {import("./coach.js").Target} target @param {import("./coach.js").Question[]} questions @returns {QuestionSet} */
export function newSet(target, questions) {
  return { target, cards: questions.map((question) => ({ ...question, draft: question.answer, before: null, editing: null })) };
}

/** @param {string} jobId @returns {QuestionSet | null} */
export function keptSet(jobId) {
  const set = kept(name(jobId));
  return Array.isArray(set?.cards) && set.target ? set : null;
}

/** @param {string} jobId @param {QuestionSet} set */
export const keepSet = (jobId, set) => keep(name(jobId), set);

/** Another answer takes the place of the draft; the draft can be had back. @param {Card} card @param {string} answer */
export function replaceAnswer(card, answer) {
  card.before = card.draft;
  card.draft = answer;
}

/** @param {Card} card */
export function swapBack(card) {
  if (card.before !== null) [card.draft, card.before] = [card.before, card.draft];
}

/**
 * How a card stands to the library: `unknown` until the server was asked, `changed` if the draft is not what was saved.
 * @param {Card} card @param {Map<string, import("./coach.js").Saved> | null} saved by the id of the question
 * @returns {"unknown" | "new" | "saved" | "changed"}
 */
export function standing(card, saved) {
  if (saved === null) return "unknown";
  const there = saved.get(card.id);
  if (!there) return "new";
  return there.answer.trim() === card.draft.trim() ? "saved" : "changed";
}

/** Whether something would be lost with the set: an answer that was worked on and is not in the library. */
export function wouldLose(set, saved) {
  return set.cards.some((card) => card.editing !== null
    || (card.draft !== card.answer && standing(card, saved) !== "saved"));
}

/** What the set was made for, in words: `Senior · Editor at Initech`. @param {import("./coach.js").Target} target */
export function targetLine({ level, job_title: title, company }) {
  const place = [title, company && `at ${company}`].filter(Boolean).join(" ");
  return [level, place].filter(Boolean).join(" · ");
}
