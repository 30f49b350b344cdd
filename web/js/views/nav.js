// The way between the parts of the page: a row in the header, and a bar under the thumb on a phone.

import { h, icon, setText } from "../dom.js";
import { getState, subscribe } from "../store.js";

/** @type {{ section: import("../store.js").Section, label: string, short?: string, href: string, icon: string }[]} */
const PARTS = [
  { section: "resumes", label: "Résumés", href: "#/", icon: "file" },
  { section: "interview", label: "Interview", href: "#/interview", icon: "cards" },
  { section: "library", label: "Library", href: "#/library", icon: "book" },
  { section: "rehearsal", label: "Rehearsal", href: "#/rehearsal", icon: "stage" },
  { section: "conversations", label: "Conversations", short: "Chats", href: "#/conversations", icon: "chat" },
];

const short = (count) => (count > 99 ? "99+" : String(count));

/** @returns {HTMLElement} */
export function mainNav() {
  const unread = h("span", { class: "badge", "aria-hidden": "true", data: { testid: "unread-badge" } });
  const waiting = h("span", { class: "badge is-waiting", "aria-hidden": "true", title: "Waiting for a coach", data: { testid: "waiting-badge" } });
  const spoken = h("span", { class: "sr-only" });
  const links = PARTS.map(({ section, label, short = label, href, icon: name }) => ({
    section,
    link: h("a", { class: "nav-link", href, data: { testid: `nav-${section}` } },
      icon(name), h("span", { class: "nav-long" }, label), h("span", { class: "nav-short" }, short), section === "conversations" && [waiting, unread, spoken]),
  }));
  const node = h("nav", { class: "main-nav", "aria-label": "Main", data: { testid: "main-nav" } },
    h("ul", null, links.map(({ link }) => h("li", null, link))));
  const render = () => {
    const { user, section: open, unread: count, waiting: queue } = getState();
    node.hidden = !user;
    for (const { section, link } of links) {
      if (section === open) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    unread.hidden = count === 0;
    waiting.hidden = queue === 0;
    setText(unread, short(count));
    setText(waiting, short(queue));
    const parts = [queue > 0 && `${queue} waiting for a coach`, count > 0 && `${count} unread`].filter(Boolean);
    setText(spoken, parts.length > 0 ? ` (${parts.join(", ")})` : "");
  };
  subscribe(["user", "section", "unread", "waiting"], render);
  render();
  return node;
}
