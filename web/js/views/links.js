// Addresses found in a résumé: shown short, followed only where that is safe.

import { h, icon } from "../dom.js";

/** A link shows its quotation on hover and focus; on touch, where a tap follows it, a small button beside it does. */
export function linked(path, text, href, evidence) {
  if (!href) return evidence.mark(path, text);
  const outside = /^https?:/i.test(href);
  const link = h("a", { href, dir: "auto", class: evidence.has(path) ? "evidence-link" : null,
    target: outside ? "_blank" : null, rel: outside ? "noopener noreferrer nofollow" : null }, text);
  if (!evidence.has(path)) return link;
  const button = h("button", { type: "button", class: "evidence-button", "aria-label": `Quotation for ${text}`,
    data: { testid: "evidence", path } }, icon("quote"));
  return [evidence.attach(link, path, text), evidence.attach(button, path, text, true)];
}

/** An address one may safely follow, or null. Nothing but http and https becomes a link. */
export function webAddress(value) {
  const text = String(value ?? "").trim();
  const candidate = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`;
  try {
    const parsed = new URL(candidate);
    return /^https?:$/.test(parsed.protocol) && parsed.hostname.includes(".") ? parsed.href : null;
  } catch {
    return null;
  }
}

export const shortAddress = (value) => String(value).replace(/^https?:\/\/(www\.)?/i, "").replace(/\/$/, "");
