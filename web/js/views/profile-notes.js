// How the résumé was read: what was left out for want of proof, who analysed it, and how legible the file was.

import { h, icon } from "../dom.js";
import { label, moment } from "../format.js";
import { section } from "./profile-sections.js";

/** What was claimed and is not in the text. Shown, so that nobody wonders; modestly, since it is not part of the profile. */
export function unsupported({ unsupported: claims }) {
  if (!Array.isArray(claims) || claims.length === 0) return null;
  return h("aside", { class: "unsupported", "aria-labelledby": "unsupported-title", data: { testid: "unsupported" } },
    h("h2", { id: "unsupported-title" }, icon("info"), "Left out"),
    h("p", { class: "hint" }, "The analyzer claimed this, but your résumé does not say it. It is not part of the profile."),
    h("dl", { class: "facts" }, claims.map((claim) => [
      h("dt", null, typeof claim === "object" ? label(claim.field ?? "claim") : "Claim"),
      h("dd", { dir: "auto" }, typeof claim === "object" ? String(claim.value ?? "") : String(claim))])));
}

export function notes(result) {
  return section("notes", "How it was read", "clock",
    h("dl", { class: "facts" },
      fact("Analysed", moment(result.created_at)),
      fact("By", analyzer(result.analyzer), "analyzer"),
      qualityFacts(result.parse_quality ?? {})),
    warnings(result.parse_quality?.warnings));
}

const fact = (name, value, testid) => (value
  ? [h("dt", null, name), h("dd", { dir: "auto", data: testid ? { testid } : {} }, value)] : null);

function analyzer(name) {
  if (name === "offline") return "Greenroom itself, offline, without a language model";
  return String(name ?? "").replace(/^([\w-]+):(.+)$/, "$2 ($1)");
}

function qualityFacts(quality) {
  return [
    quality.pages > 0 && fact("Pages", String(quality.pages)),
    quality.chars > 0 && fact("Characters", quality.chars.toLocaleString("en")),
    quality.columns > 1 && fact("Columns", String(quality.columns)),
    quality.scanned && fact("Scan", "The pages are pictures; their text may be read wrongly"),
    quality.hidden_text > 0 && fact("Hidden text", `${quality.hidden_text.toLocaleString("en")} invisible characters were ignored`),
  ].filter(Boolean);
}

function warnings(list) {
  return Array.isArray(list) && list.length > 0
    ? h("ul", { class: "warnings", data: { testid: "parse-warnings" } }, list.map((text) => h("li", { dir: "auto" }, icon("alert"), h("span", null, text))))
    : h("p", { class: "good-read" }, icon("check"), "The file could be read without trouble.");
}
