// One's own account: who one is, who looked at one's data, and what can be done with all of it.

import { bdi, h, icon } from "../dom.js";
import { EXPORT } from "../account.js";
import { day } from "../format.js";
import { getState } from "../store.js";
import { accessLog } from "./account-accesses.js";
import { eraseForm } from "./account-erase.js";
import { passwordForm } from "./account-password.js";
import { presenceSwitch } from "./account-presence.js";
import { busy } from "./busy.js";
import { fetchFile } from "./exports.js";

const ROLES = { customer: "Member", agent: "Coach", "super-agent": "Coach and administrator" };

/** @returns {import("../router.js").View} */
export function accountView() {
  const { user } = getState();
  const presence = presenceSwitch();
  const log = accessLog();
  return {
    title: "Your account",
    node: h("div", { class: "page" },
      h("header", { class: "page-head" },
        h("h1", { tabindex: "-1", data: { testid: "account-title" } }, "Your account"),
        h("p", { class: "lead" }, "What is stored about you is yours: see who looked at it, take it with you, or erase it.")),
      h("div", { class: "account-cards" },
        card("who", "Who you are", facts(user), presence.node),
        card("password", "Change your password", passwordForm(user)),
        card("accesses", "Who looked at your résumés", log.node),
        card("export", "Take everything with you", exportButton()),
        card("erase", "Erase your account", eraseForm()))),
    dispose: () => { presence.dispose(); log.dispose(); },
  };
}

function card(name, title, ...children) {
  const id = `account-${name}`;
  const kind = { accesses: "is-wide", erase: "is-grave" }[name] ?? "";
  return h("section", { class: `account-card ${kind}`, "aria-labelledby": id, data: { testid: id } }, h("h2", { id }, title), children);
}

function facts(user) {
  const rows = [["Name", user.name], ["Username", user.username], ["E-mail", user.email], ["Role", ROLES[user.role] ?? user.role], ["Here since", day(user.created_at)]];
  return h("dl", { class: "facts account-facts" }, rows.filter(([, value]) => value).map(([label, value]) => [h("dt", null, label), h("dd", null, bdi(value))]));
}

function exportButton() {
  const button = h("button", { type: "button", class: "button", data: { testid: "export-account" } }, icon("download"), "Download all data");
  button.addEventListener("click", () => busy(button, () => fetchFile(EXPORT, "The archive of your account")));
  return [
    h("p", { class: "hint" }, "A ZIP archive with your files, what was read in them, your questions and your messages, and a list of checksums."),
    h("p", { class: "actions" }, button),
  ];
}
