// Times as a conversation shows them: short in lists, by the day between messages.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const LONG_DATE = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const FULL_DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const DAY_MS = 86_400_000;

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** Days from one moment to another, as the calendar counts them. */
const daysApart = (from, to) => Math.round((midnight(to) - midnight(from)) / DAY_MS);

export const clock = (iso) => CLOCK.format(new Date(iso));

/** `14:03`, `Yesterday`, `Mon`, `3 Nov`. */
export function shortTime(iso, now = new Date()) {
  const date = new Date(iso);
  const days = daysApart(date, now);
  if (days <= 0) return CLOCK.format(date);
  if (days === 1) return "Yesterday";
  return days < 7 ? WEEKDAY.format(date) : DATE.format(date);
}

/** `Today`, `Yesterday`, `Monday 3 November`, `3 November 2024`. */
export function dayName(iso, now = new Date()) {
  const date = new Date(iso);
  const days = daysApart(date, now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.getFullYear() === now.getFullYear() ? LONG_DATE.format(date) : FULL_DATE.format(date);
}

/** Whether two moments are of the same day here. */
export const sameDay = (one, other) => midnight(new Date(one)) === midnight(new Date(other));
