// Turns values into words: dates, lengths of time, sizes, errors.

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
});
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

const valid = (iso) => {
  const date = new Date(iso ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
};

export const day = (iso) => { const d = valid(iso); return d ? DAY.format(d) : ""; };
export const moment = (iso) => { const d = valid(iso); return d ? MOMENT.format(d) : ""; };

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

const count = (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"}`;

const MONTHLY = /^(\d{4})-(\d{2})$/;

/** Months since the year 0; null where no month is known. */
function monthOf(date) {
  const [, year, month] = MONTHLY.exec(date ?? "") ?? [];
  return month ? Number(year) * 12 + Number(month) - 1 : null;
}

/** How long a position lasted, from its months: `3 years 2 months`. Where they are not known, from its years, which are rounded. */
export function lasted({ start, end, years }, today = new Date()) {
  const from = monthOf(start);
  const to = /^present$/i.test(end ?? "") ? today.getFullYear() * 12 + today.getMonth() : monthOf(end);
  const known = from !== null && to !== null && from <= to;
  if (!known && typeof years !== "number") return "";
  const months = known ? to - from : Math.round(years * 12);
  if (months < 1) return "less than a month";
  const whole = Math.floor(months / 12);
  const rest = months % 12;
  return [whole && count(whole, "year"), rest && count(rest, "month")].filter(Boolean).join(" ");
}

/** `2019-03` → `Mar 2019`; a bare year and anything else stay as they are. */
export function yearMonth(value) {
  if (!value) return "";
  if (/^present$/i.test(value)) return "Present";
  const match = /^(\d{4})-(\d{2})/.exec(value);
  if (!match) return String(value);
  return MONTH.format(Date.UTC(Number(match[1]), Number(match[2]) - 1, 1));
}

/** `Mar 2019 – Present`. */
export function period(start, end) {
  return [yearMonth(start), yearMonth(end)].filter(Boolean).join(" – ");
}

/** How long something took: `42 s`, `3 min 5 s`. */
export function took(from, to) {
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1000);
  if (!Number.isFinite(seconds) || seconds < 0) return "";
  if (seconds < 1) return "under 1 s";
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The sentence for an error, with the time of the next sensible attempt if the server named one. */
export function errorText(error) {
  const message = error?.message || "Something went wrong. Please try again.";
  if (!error?.retryAt) return message;
  const seconds = Math.max(1, Math.ceil((error.retryAt - Date.now()) / 1000));
  const wait = seconds < 90 ? count(seconds, "second") : count(Math.ceil(seconds / 60), "minute");
  return `${message.replace(/[.\s]*$/, ".")} Try again in ${wait}, at ${CLOCK.format(error.retryAt)}.`;
}

/** `hidden_text` → `Hidden text`. */
export function label(key) {
  const words = String(key).replace(/[_\-.]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
