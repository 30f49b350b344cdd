// The profile to take away: a file in each format, fetched so that a refusal can be read.

import { ApiError, url } from "../api.js";
import { h, icon } from "../dom.js";
import { announce } from "../notify.js";
import { busy } from "./busy.js";

const FORMATS = [
  ["pdf", "PDF", "to print and to send"],
  ["docx", "DOCX", "to edit in a word processor"],
  ["json", "JSON", "for programs"],
  ["csv", "CSV", "for a spreadsheet"],
  ["jsonresume", "JSON Resume", "for sites that take jsonresume.org files"],
];

/** @param {string} jobId */
export function exportLinks(jobId) {
  return h("section", { class: "exports", "aria-labelledby": "exports-title", data: { testid: "exports" } },
    h("h2", { id: "exports-title" }, "Take it with you"),
    h("ul", { class: "actions" }, FORMATS.map(([format, name, purpose]) => {
      const link = h("a", { class: "button small", href: url("/api/analysis/export", { job_id: jobId, format }), download: true,
        title: `${name}, ${purpose}`, data: { testid: `export-${format}` } }, icon("download"), name);
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        if (link.getAttribute("aria-busy") === "true") return;
        link.setAttribute("aria-busy", "true");
        busy(link, () => fetchFile(link.href, name)).finally(() => link.removeAttribute("aria-busy"));
      });
      return h("li", null, link);
    })));
}

/** Downloads a file by the name that the server gives it. @param {string} address @param {string} name what it is */
export async function fetchFile(address, name) {
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => { throw new ApiError(0, null); });
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
  const file = await answer.blob().catch(() => { throw new ApiError(0, null); });
  const href = URL.createObjectURL(file);
  const link = h("a", { href, download: fileName(answer.headers.get("Content-Disposition")) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  announce(`${name} is downloaded.`);
}

const fileName = (disposition) => /filename="([^"]+)"/.exec(disposition ?? "")?.[1] ?? "resume_analysis";
