// The parts of a profile. A part without content is null and leaves no empty heading behind.

import { bdi, h, icon } from "../dom.js";
import { lasted, period } from "../format.js";
import { linked, shortAddress, webAddress } from "./links.js";

const filled = (list) => Array.isArray(list) && list.length > 0;

export function section(testid, title, iconName, ...content) {
  const id = `section-${testid}`;
  return h("section", { class: `card section-${testid}`, "aria-labelledby": id, data: { testid: `section-${testid}` } },
    h("h2", { id }, icon(iconName), title), content);
}

export function summary({ summary: text }) {
  return text ? section("summary", "In short", "quote", paragraphs(text, "summary")) : null;
}

export function skills({ skills: found }, evidence) {
  const groups = [["technical", "Technical"], ["soft", "Personal"]].filter(([key]) => filled(found?.[key]));
  if (groups.length === 0) return null;
  return section("skills", "Skills", "spark", groups.map(([key, title]) => [
    h("h3", null, title),
    h("ul", { class: `chips chips-${key}` }, found[key].map((skill, index) =>
      h("li", null, evidence.mark(`skills.${key}[${index}]`, skill, "chip"))))]));
}

export function experience({ experience: positions }, evidence) {
  if (!filled(positions)) return null;
  return section("experience", "Experience", "briefcase",
    h("ol", { class: "timeline" }, positions.map((position, index) => experienceItem(position, `experience[${index}]`, evidence))));
}

function experienceItem(position, path, evidence) {
  const when = period(position.start, position.end);
  const length = lasted(position);
  const now = /^present$/i.test(position.end ?? "");
  return h("li", { class: now ? "is-now" : null, data: { testid: "experience-item" } },
    h("h3", null, position.role ? evidence.mark(`${path}.role`, position.role) : "Position"),
    position.company && h("p", { class: "where" }, evidence.mark(`${path}.company`, position.company)),
    (when || length) && h("p", { class: "when" }, when && h("span", null, when), length && h("span", { class: "length" }, length)),
    paragraphs(position.description));
}

const BULLET = /^\s*[•▪●◦‣·*–-]\s+/;

/** The lines of a text: paragraphs, and lists where lines have bullets. */
function paragraphs(text, className = null) {
  const blocks = [];
  for (const line of String(text ?? "").split("\n").map((line) => line.trim()).filter(Boolean)) {
    const item = line.replace(BULLET, "");
    const last = blocks.at(-1);
    if (item === line) blocks.push(h("p", { class: className, dir: "auto" }, line));
    else if (last?.matches("ul")) last.append(h("li", { dir: "auto" }, item));
    else blocks.push(h("ul", { class: "bullets" }, h("li", { dir: "auto" }, item)));
  }
  return blocks;
}

export function education({ education: entries }, evidence) {
  if (!filled(entries)) return null;
  return section("education", "Education", "cap", h("ul", { class: "education" }, entries.map((entry, index) => {
    const path = `education[${index}]`;
    return h("li", null,
      h("h3", null, entry.degree ? evidence.mark(`${path}.degree`, entry.degree) : "Studies"),
      entry.institution && h("p", { class: "where" }, evidence.mark(`${path}.institution`, entry.institution)),
      entry.year && h("p", { class: "when" }, evidence.mark(`${path}.year`, String(entry.year))));
  })));
}

/** Strengths and growth areas, side by side. */
export function traits({ strengths, weaknesses }) {
  const parts = [
    filled(strengths) && section("strengths", "Strengths", "sprout", traitList(strengths)),
    filled(weaknesses) && section("growth", "Room to grow", "compass", traitList(weaknesses)),
  ].filter(Boolean);
  return parts.length ? h("div", { class: "pair" }, parts) : null;
}

const traitList = (items) => h("ul", { class: "ticks" }, items.map((item) => h("li", { dir: "auto" }, item)));

export function recommendations({ job_recommendations: roles }) {
  if (!filled(roles)) return null;
  return section("recommendations", "Roles that suit you", "compass",
    h("ol", { class: "roles" }, roles.map((role) => h("li", { dir: "auto" }, role))));
}

/** Languages, certifications, links: one line each. */
export function plainList(key, title, iconName, items, evidence) {
  if (!filled(items)) return null;
  return section(key, title, iconName, h("ul", { class: "lines" }, items.map((item, index) => {
    const path = `${key}[${index}]`;
    if (key !== "links") return h("li", null, evidence.mark(path, item));
    const address = webAddress(item);
    return h("li", null, address ? linked(path, shortAddress(item), address, evidence) : bdi(item));
  })));
}
