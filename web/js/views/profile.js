// The profile of a candidate: put together from its parts, in the order one reads a person.

import { h, icon } from "../dom.js";
import { address } from "../router.js";
import { Evidence } from "./evidence.js";
import { exportLinks } from "./exports.js";
import { hero } from "./profile-hero.js";
import { notes, unsupported } from "./profile-notes.js";
import { education, experience, plainList, recommendations, skills, summary, traits } from "./profile-sections.js";

/** @param {any} result the answer of `/api/analysis/result` */
export function profile(result) {
  const evidence = new Evidence(result.evidence);
  const main = [
    summary(result), experience(result, evidence), education(result, evidence),
    traits(result), recommendations(result),
  ].filter(Boolean);
  const side = [
    skills(result, evidence),
    plainList("languages", "Languages", "globe", result.languages, evidence),
    plainList("certifications", "Certifications", "badge", result.certifications, evidence),
    plainList("links", "Links", "link", result.links, evidence),
    unsupported(result), notes(result),
  ].filter(Boolean);
  const node = h("article", { class: "profile", data: { testid: "profile", jobId: result.job_id } },
    hero(result, evidence),
    h("div", { class: "profile-next" }, exportLinks(result.job_id),
      h("a", { class: "button small primary", href: address("/interview", { job: result.job_id }), data: { testid: "prepare-interview" } }, icon("cards"), "Prepare an interview")),
    evidence.count > 0 && legend(),
    h("div", { class: "profile-columns" },
      h("div", { class: "profile-main" }, main.length ? main : nothingFound()),
      h("div", { class: "profile-side" }, side)),
    evidence.popover);
  return { node, dispose: () => evidence.dispose() };
}

function legend() {
  return h("p", { class: "legend" }, icon("quote"), h("span", null, "Each ", h("span", { class: "evidence-sample" }, "underlined"),
    " fact carries its quotation: point at it, tab to it, or tap it to see the words of your résumé."));
}

function nothingFound() {
  return h("section", { class: "card" }, h("h2", null, "Little to read"),
    h("p", null, "No experience or education could be found in this résumé. A file with plain headings such as “Experience” and “Education”, saved as PDF or DOCX, is read best."));
}
