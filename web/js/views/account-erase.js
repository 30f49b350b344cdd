// Erases the account, after it was said what that means.

import { erase } from "../account.js";
import { confirmDialog } from "../dialog.js";
import { h, icon } from "../dom.js";
import { startLive, stopLive } from "../live.js";
import { toast } from "../notify.js";
import { leave } from "../session.js";
import { atItsField } from "./account-password.js";
import { busy } from "./busy.js";
import { field, formAlert, showFormError } from "./form.js";

const MEANS = [
  "Your résumés, their analyses, your questions and your library are deleted at once, and so are the conversations that are only yours.",
  "What you wrote to others stays with them, from a “deleted user”.",
  "Nobody can bring it back, and nobody can have your username again.",
];

export function eraseForm() {
  const password = field({ name: "password", label: "Your password", type: "password", maxlength: 128, required: true, autocomplete: "current-password", scope: "erase", testid: "erase-password" });
  const alert = formAlert("erase-alert");
  const submit = h("button", { type: "submit", class: "button danger", data: { testid: "erase-submit" } }, icon("trash"), "Erase my account");
  const form = h("form", { class: "form", novalidate: true, data: { testid: "erase-form" } },
    h("ul", { class: "account-erase" }, MEANS.map((text) => h("li", null, text))), alert.node, password.node, h("div", { class: "actions" }, submit));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    alert.set(null);
    if (submit.disabled) return;
    if (!password.input.value) {
      password.setError("Please enter your password.");
      password.input.focus();
      return;
    }
    const sure = await confirmDialog({ title: "Erase your account?", text: "Everything of yours is deleted for good. This cannot be undone.", confirm: "Erase everything", cancel: "Keep my account" });
    if (sure) busy(submit, () => go(password, alert));
  });
  return form;
}

async function go(password, alert) {
  // the server ends the connection before it answers: that is not a session that ended by itself
  stopLive();
  try {
    await erase(password.input.value);
  } catch (error) {
    startLive();
    showFormError(atItsField(error, "password"), { password }, alert);
    return;
  }
  leave();
  toast("Your account is erased.", { kind: "good" });
}
