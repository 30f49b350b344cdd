// Sign in and sign up: one form with two faces.

import { h } from "../dom.js";
import { signIn, signUp } from "../session.js";
import { field, formAlert, showFormError } from "./form.js";

const TEXT = {
  signin: {
    title: "Sign in", lead: "Your résumés are where you left them.", submit: "Sign in", busy: "Signing in …",
    question: "New here?", other: "Create an account", to: "#/signup", send: signIn,
  },
  signup: {
    title: "Create your account", lead: "A minute, and you are in.", submit: "Create account", busy: "Creating your account …",
    question: "Already have an account?", other: "Sign in", to: "#/signin", send: signUp,
  },
};

/** @param {"signin" | "signup"} mode @returns {import("../router.js").View} */
export function authView(mode) {
  const text = TEXT[mode];
  return {
    title: text.title,
    node: h("div", { class: "auth" },
      pitch(),
      h("section", { class: "auth-panel", "aria-labelledby": "auth-title" },
        h("h1", { id: "auth-title", tabindex: "-1" }, text.title),
        h("p", { class: "lead" }, text.lead),
        form(mode, text),
        h("p", { class: "auth-switch" }, `${text.question} `,
          h("a", { href: text.to, data: { testid: mode === "signin" ? "to-signup" : "to-signin" } }, text.other)))),
  };
}

function pitch() {
  return h("aside", { class: "auth-pitch" },
    h("img", { class: "auth-mirror", src: "/assets/icons/mirror.svg", alt: "", width: 360, height: 300 }),
    h("p", { class: "auth-slogan" }, "The room before the stage."),
    h("p", null, "Hand in your résumé. Greenroom reads it the way an employer would and shows what it found, each fact with the line it comes from."));
}

function form(mode, text) {
  const fields = makeFields(mode);
  const alert = formAlert("auth-error");
  const submit = h("button", { type: "submit", class: "button primary wide", data: { testid: `${mode}-submit` } }, text.submit);
  const node = h("form", { class: "form", novalidate: true, data: { testid: `${mode}-form` } },
    alert.node, Object.values(fields).map((entry) => entry.node), submit);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    alert.set(null);
    if (submit.disabled || !valid(mode, fields)) return;
    submit.disabled = true;
    submit.textContent = text.busy;
    try {
      await text.send(Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, valueOf(input)])));
    } catch (error) {
      showFormError(error, fields, alert);
    } finally {
      submit.disabled = false;
      submit.textContent = text.submit;
    }
  });
  return node;
}

const valueOf = (input) => (input.type === "password" ? input.value : input.value.trim());

function makeFields(mode) {
  const email = field({ name: "email", label: mode === "signin" ? "E-mail or username" : "E-mail",
    type: mode === "signin" ? "text" : "email", autocomplete: mode === "signin" ? "username" : "email",
    inputmode: "email", autocapitalize: "none", spellcheck: "false", maxlength: 254, required: true });
  const password = field({ name: "password", label: "Password", type: "password", maxlength: 128, required: true,
    autocomplete: mode === "signin" ? "current-password" : "new-password",
    hint: mode === "signup" ? "6 to 128 characters." : undefined });
  if (mode === "signin") return { email, password };
  const name = field({ name: "name", label: "Your name", type: "text", autocomplete: "name", maxlength: 100, dir: "auto", required: true });
  return { name, email, password };
}

/** Says at once what the server would refuse; the first wrong field gets the focus. */
function valid(mode, fields) {
  const problems = {
    name: (value) => ([...value].length < 2 ? "Please enter your name, at least 2 characters." : null),
    email: (value) => {
      if (!value) return mode === "signin" ? "Please enter your e-mail or username." : "Please enter your e-mail.";
      return mode === "signup" && !/^[^\s@]+@[^\s@]+$/.test(value) ? "That is not an e-mail address. Example: ada@example.com" : null;
    },
    password: (value) => {
      if (!value) return "Please enter your password.";
      return mode === "signup" && [...value].length < 6 ? "Please choose a password of at least 6 characters." : null;
    },
  };
  let first = null;
  for (const [name, entry] of Object.entries(fields)) {
    const problem = problems[name](valueOf(entry.input));
    entry.setError(problem);
    if (problem) first ??= entry;
  }
  first?.input.focus();
  return first === null;
}
