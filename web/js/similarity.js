// How near a question came to a saved one, in words. Pure.

/**
 * @typedef {{ from_qa?: boolean, question?: string, matched_question?: string, similarity?: number | null, cosine?: number | null,
 *   runner_up?: number | null, threshold?: number, saved_question_id?: number, reason?: string }} Metadata what comes with an answer
 * @typedef {{ kind: "matched" | "near" | "nothing" | "blind", percent: number | null, needed: number | null, next: number | null }} Verdict
 *   `near`: something resembled it, but not enough; `nothing`: there was nothing to compare with; `blind`: nobody could compare
 */

const number = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** Per cent, from 0 to 100. Rounded away from the threshold, so that 75 % needed never reads "75 %, too little". */
export function percentOf(value, up) {
  const share = Math.min(1, Math.max(0, value)) * 100;
  const exact = Number(share.toFixed(4));
  return up ? Math.ceil(exact) : Math.floor(exact);
}

/** @param {Metadata | null | undefined} metadata @returns {Verdict} */
export function verdict(metadata) {
  const matched = metadata?.from_qa === true;
  const similarity = number(metadata?.similarity);
  const threshold = number(metadata?.threshold);
  const next = number(metadata?.runner_up);
  const needed = threshold === null ? null : Math.round(threshold * 100);
  const kind = matched ? "matched" : metadata?.reason === "EMBEDDING_UNAVAILABLE" ? "blind" : similarity === null ? "nothing" : "near";
  const percent = similarity === null ? null : percentOf(similarity, matched && similarity < 1);
  return { kind, percent, needed, next: next === null ? null : percentOf(next, false) };
}

/** The verdict as a sentence. @param {Verdict} verdict */
export function sentence({ kind, percent, needed, next }) {
  const bar = needed === null ? "" : ` (needed: ${needed} %)`;
  if (kind === "matched") return percent === 100 ? "The same words: 100 % similar" : `${percent} % similar${bar}${next === null ? "" : `, the next best ${next} %`}`;
  if (kind === "near") return `The nearest saved question is ${percent} % similar${bar}`;
  if (kind === "blind") return "The meaning of the question could not be compared just now. Ask again, or in the words of a saved question.";
  return "Nothing in the memory could be compared with it.";
}

/**
 * Which of the questions that wait is answered. Answers come in the order of the questions, but a question may have been
 * dropped on its way: then the answer names one that was asked later.
 * @param {string[]} asked the oldest first @param {Metadata | null} metadata @returns {number} -1: none of them
 */
export const answeredIndex = (asked, metadata) => (metadata?.question === undefined ? asked.length > 0 ? 0 : -1 : asked.indexOf(metadata.question));

/**
 * Questions and answers as the server keeps them, put together again.
 * @param {{ seq: number, sender: any, content: string, metadata: Metadata | null, created_at: string, deleted?: boolean }[]} messages in any order
 * @returns {{ seq: number, asked: string, answer: string, metadata: Metadata | null }[]} oldest first
 */
export function exchanges(messages) {
  const out = [];
  let asked = null;
  for (const message of [...messages].filter((one) => !one.deleted).sort((a, b) => a.seq - b.seq)) {
    if (message.sender !== "assistant") asked = message;
    else if (asked) {
      out.push({ seq: message.seq, asked: asked.content, answer: message.content, metadata: message.metadata });
      asked = null;
    }
  }
  return out;
}
