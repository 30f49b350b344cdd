// Who of the staff looked at one's résumés, the latest first.

import { accesses } from "../account.js";
import { append, bdi, fill, h } from "../dom.js";
import { moment } from "../format.js";
import { address } from "../router.js";
import { loadError } from "./load-error.js";

const DID = { status: "looked at the progress of", result: "read", export: "downloaded" };

export function accessLog() {
  const list = h("ol", { class: "accesses", "aria-label": "Who looked, the latest first", data: { testid: "access-list" } });
  const note = h("div", { class: "list-note" });
  const more = h("button", { type: "button", class: "button small", data: { testid: "more-accesses" } }, "Show earlier");
  more.hidden = true;
  const foot = h("p", { class: "center" }, more);
  const node = h("div", null, h("p", { class: "hint" }, "Coaches can read the analyses of those whose chats they have. Each time is written down here."), list, note, foot);
  let cursor = null;
  let left = false;

  const load = async () => {
    more.disabled = true;
    fill(note, h("p", { class: "hint", role: "status" }, "Loading …"));
    try {
      const { data, nextCursor } = await accesses(cursor);
      if (left) return;
      const later = cursor !== null;
      const rows = data.map(row);
      append(list, rows);
      if (later) rows[0]?.querySelector("a")?.focus();
      cursor = nextCursor;
      more.hidden = cursor === null;
      fill(note, list.children.length === 0 && h("p", { data: { testid: "no-accesses" } }, "Nobody has looked at your résumés."));
    } catch (error) {
      if (!left) fill(note, loadError(error, load));
    } finally {
      more.disabled = false;
    }
  };
  more.addEventListener("click", load);
  load();
  return { node, dispose: () => { left = true; } };
}

/** @param {import("../account.js").Access} access */
function row({ at, user, job_id: job, action }) {
  return h("li", { class: "access", data: { testid: "access" } },
    h("span", null, user ? bdi(user.name || user.username) : "Somebody whose account is gone", ` ${DID[action] ?? "looked at"} `,
      h("a", { href: address(`/jobs/${job}`) }, "this analysis")),
    h("time", { datetime: at }, moment(at)));
}
