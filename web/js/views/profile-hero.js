// The head of a profile: the name, what the person does, how to reach them, and the years of work.

import { bdi, h, icon } from "../dom.js";
import { careerStrip } from "./career-strip.js";
import { linked, shortAddress, webAddress } from "./links.js";

export function hero(result, evidence) {
  const latest = result.experience?.[0];
  return h("header", { class: "hero" },
    h("div", { class: "hero-top" },
      h("div", { class: "hero-words" },
        h("h1", { tabindex: "-1", data: { testid: "profile-name" } }, result.name ? evidence.mark("name", result.name) : "No name found"),
        latest && (latest.role || latest.company) && h("p", { class: "hero-role" },
          latest.role && bdi(latest.role), latest.role && latest.company && " · ", latest.company && bdi(latest.company))),
      totalYears(result, evidence)),
    contacts(result, evidence),
    careerStrip(result.experience ?? []));
}

function totalYears(result, evidence) {
  const total = result.total_work_years;
  if (typeof total !== "number" || total <= 0) return null;
  const text = Number.isInteger(total) ? String(total) : total.toFixed(1);
  return h("div", { class: "years", data: { testid: "total-years" }, title: "Overlapping positions are counted once." },
    h("span", { class: "years-number" }, evidence.mark("total_work_years", text)),
    h("span", { class: "years-unit" }, total === 1 ? "year" : "years", " ", h("br"), "of work"));
}

function contacts(result, evidence) {
  const items = [
    contact("email", "E-mail", "mail", result.email, `mailto:${result.email}`, evidence),
    contact("phone", "Phone", "phone", result.phone, `tel:${String(result.phone ?? "").replace(/[^\d+]/g, "")}`, evidence),
    contact("location", "Location", "pin", result.location, null, evidence),
    contact("linkedin_url", "LinkedIn", "link", result.linkedin_url, webAddress(result.linkedin_url), evidence),
    contact("age", "Age", "info", typeof result.age === "number" ? `${result.age} years old` : null, null, evidence),
  ].filter(Boolean);
  return items.length > 0 && h("ul", { class: "contacts", "aria-label": "Contacts", data: { testid: "contacts" } }, items);
}

function contact(path, label, iconName, value, href, evidence) {
  if (!value) return null;
  const shown = path === "linkedin_url" ? shortAddress(value) : value;
  return h("li", null, icon(iconName), h("span", { class: "sr-only" }, `${label}: `), linked(path, shown, href, evidence));
}
