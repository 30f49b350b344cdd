// Changes the password of whoever is signed in.

import { changePassword } from "../account.js";
import { fill, h, icon } from "../dom.js";
import { busy } from "./busy.js";
import { field, formAlert, showFormError } from "./form.js";

const MIN = 6;

/** @param {import("../store.js").User} user */
export function passwordForm(user) {
  const secret = (name, label, autocomplete, hint) => field({ name, label, hint, type: "password", maxlength: 128, required: true, autocomplete });
  const fields = {
    current_password: secret("current_password", "Current password", "current-password"),
    new_password: secret("new_password", "New password", "new-password", `${MIN} to 128 characters.`),
    repeated: secret("repeated", "New password again", "new-password"),
  };
  const alert = formAlert("password-alert");
  const done = h("p", { class: "account-done", role: "status", data: { testid: "password-done" } });
  const submit = h("button", { type: "submit", class: "button primary", data: { testid: "password-submit" } }, "Change password");
  // which account it is, for those who keep passwords
  const whose = h("input", { type: "text", name: "username", autocomplete: "username", value: user.email || user.username, readonly: true, hidden: true });
  const form = h("form", { class: "form", novalidate: true, data: { testid: "password-form" } },
    whose, alert.node, Object.values(fields).map(({ node }) => node), h("div", { class: "actions" }, submit), done);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    alert.set(null);
    fill(done);
    if (submit.disabled || !valid(fields)) return;
    busy(submit, async () => {
      try {
        await changePassword(fields.current_password.input.value, fields.new_password.input.value);
        for (const { input } of Object.values(fields)) input.value = "";
        fill(done, icon("check"), "Your password is changed. Every other device is signed out.");
      } catch (error) {
        showFormError(atItsField(error, "current_password"), fields, alert);
      }
    });
  });
  return form;
}

/** A wrong password is refused without the name of a field. */
export function atItsField(error, name) {
  if (error.code === "WRONG_PASSWORD") error.field = name;
  return error;
}

function valid(fields) {
  const [current, next, again] = Object.values(fields).map(({ input }) => input.value);
  const problems = [
    current ? null : "Please enter your current password.",
    [...next].length < MIN ? `Please choose a password of at least ${MIN} characters.` : null,
    again === next ? null : "This is not the same as the new password. Please enter it once more.",
  ];
  Object.values(fields).forEach((entry, index) => entry.setError(problems[index]));
  const first = problems.findIndex(Boolean);
  Object.values(fields)[first]?.input.focus();
  return first < 0;
}
