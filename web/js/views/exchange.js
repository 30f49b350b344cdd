// One question of a rehearsal and what the memory answered: which saved question was found, and how similar it was.

import { fill, h, icon } from "../dom.js";
import { address } from "../router.js";
import { sentence, verdict } from "../similarity.js";

/** @typedef {import("../similarity.js").Metadata} Metadata */

/**
 * @param {string} asked
 * @param {{ onMissing: (asked: string, place: Element) => void }} options `onMissing`: the person wants to write the answer that was missing
 */
export function exchange(asked, { onMissing }) {
  const reply = h("div", { class: "reply", data: { testid: "reply" } });
  const node = h("div", { class: "exchange", data: { testid: "exchange", state: "waiting" } },
    h("div", { class: "bubble asked" }, h("p", { class: "who" }, "Interviewer"), h("p", { dir: "auto", data: { testid: "asked" } }, asked)),
    reply);
  const state = (name, ...children) => {
    node.dataset.state = name;
    fill(reply, children);
  };
  return {
    node, asked,
    wait() {
      state("waiting", h("p", { class: "thinking" }, h("span", { class: "sr-only" }, "Looking in your memory …"),
        [1, 2, 3].map(() => h("span", { class: "thinking-dot", "aria-hidden": "true" }))));
    },
    /** @param {string} text @param {Metadata | null} metadata */
    answer(text, metadata) {
      const found = verdict(metadata);
      if (found.kind === "matched") state("matched", bubble("Your answer", text), match(metadata, found));
      else state("missing", bubble("Memory", text), miss(found, (place) => onMissing(asked, place)));
    },
    /** @param {string} text @param {() => void} again */
    fail(text, again) {
      state("failed", h("div", { class: "alert bad" }, icon("alert"), h("p", { dir: "auto" }, text),
        h("button", { type: "button", class: "button small", data: { testid: "ask-again" }, on: { click: again } }, "Ask again")));
    },
  };
}

const bubble = (who, text) => h("div", { class: "bubble answered" }, h("p", { class: "who" }, who),
  text.split(/\n\s*\n/).map((part) => h("p", { dir: "auto", data: { testid: "reply-text" } }, part)));

function match(metadata, found) {
  const { matched_question: question, saved_question_id: id } = metadata;
  return h("div", { class: "verdict", data: { testid: "verdict", similarity: String(metadata.similarity), savedId: String(id ?? "") } },
    h("p", { class: "verdict-line" }, icon("bookmarked"), h("span", null, h("span", { class: "hint" }, "Matched "),
      h("a", { href: address("/library", { q: question?.slice(0, 200) }), dir: "auto", data: { testid: "matched-question" } }, question))),
    gauge(found), h("p", { class: "hint", data: { testid: "similarity" } }, sentence(found)));
}

function miss(found, write) {
  const place = h("div", { class: "missing-answer" });
  const button = h("button", { type: "button", class: "button small", data: { testid: "write-missing" }, on: { click: () => write(place) } }, icon("edit"), "Write the answer");
  place.append(button);
  return h("div", { class: "verdict", data: { testid: "verdict" } },
    found.kind === "near" && gauge(found), h("p", { class: "hint", data: { testid: "similarity" } }, sentence(found)), place);
}

/** A bar with the mark that has to be reached. */
function gauge(found) {
  const fillBar = h("span", { class: "gauge-fill" });
  fillBar.style.inlineSize = `${found.percent}%`;
  const mark = h("span", { class: "gauge-mark" });
  mark.style.insetInlineStart = `${found.needed ?? 0}%`;
  mark.hidden = found.needed === null;
  return h("div", { class: "gauge", data: { kind: found.kind }, "aria-hidden": "true" }, fillBar, mark);
}
