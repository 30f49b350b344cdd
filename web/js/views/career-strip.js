// The career at a glance: each position a bar on one line of time. A picture only; the timeline below says it in words.

import { svg } from "../dom.js";

const ROW = 14;

export function careerStrip(positions) {
  const spans = positions.map(span).filter(Boolean);
  if (spans.length < 2) return null;
  const from = Math.min(...spans.map((s) => s.from));
  const to = Math.max(...spans.map((s) => s.to));
  if (to - from < 1) return null;
  const rows = assignRows(spans);
  const share = (length) => `${((length / (to - from)) * 100).toFixed(2)}%`;
  const bars = spans.map((s, index) => svg("rect", {
    x: share(s.from - from), y: rows[index] * ROW + 2, width: share(s.to - s.from), height: 9, rx: 4.5,
    class: s.now ? "strip-bar strip-now" : "strip-bar",
  }, svg("title", {}, s.label)));
  const height = (Math.max(...rows) + 1) * ROW + 22;
  return svg("svg", { class: "career-strip", height, "aria-hidden": "true" },
    bars,
    svg("text", { x: 0, y: height - 4, class: "strip-year" }, String(Math.floor(from))),
    svg("text", { x: "100%", y: height - 4, class: "strip-year", "text-anchor": "end" }, spans.some((s) => s.now) ? "today" : String(Math.floor(to))));
}

/** A position as years with fractions; a bare year means the whole of it. */
function span({ start, end, role, company }) {
  const now = /^present$/i.test(end ?? "");
  const from = yearOf(start, 0);
  const today = new Date();
  const to = now ? today.getFullYear() + today.getMonth() / 12 : yearOf(end, 1);
  if (from === null || to === null || to <= from) return null;
  return { from, to, now, label: [role, company].filter(Boolean).join(", ") };
}

function yearOf(text, wholeYear) {
  const match = /^(\d{4})(?:-(\d{2}))?/.exec(text ?? "");
  if (!match) return null;
  const ended = wholeYear ? 1 : 0;
  return Number(match[1]) + (match[2] ? (Number(match[2]) - 1 + ended) / 12 : ended);
}

/** Positions at the same time lie on different rows. */
function assignRows(spans) {
  const free = [];
  const order = spans.map((_, index) => index).sort((a, b) => spans[a].from - spans[b].from);
  const rows = [];
  for (const index of order) {
    let row = free.findIndex((until) => until <= spans[index].from + 0.09);
    if (row < 0) row = free.length;
    free[row] = spans[index].to;
    rows[index] = row;
  }
  return rows;
}
