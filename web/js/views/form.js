// Labelled form fields with their error beside them.

import { fill, h, icon } from "../dom.js";
import { errorText } from "../format.js";

/**
 * @typedef {{ node: HTMLElement, input: HTMLInputElement, setError: (text: string | null) => void }} Field
 * @param {{ name: string, label: string, hint?: string, testid?: string } & Record<string, any>} options
 *   further keys are attributes of the input
 * @returns {Field}
 */
export function field({ name, label, hint, testid, ...attributes }) {
  const id = `field-${name}`;
  const input = h("input", { id, name, class: "input", data: { testid: testid ?? `field-${name}` }, ...attributes });
  const error = h("p", { class: "field-error", id: `${id}-error`, data: { testid: `error-${name}` } });
  error.hidden = true;
  const describe = (withError) => {
    const ids = [hint && `${id}-hint`, withError && error.id].filter(Boolean).join(" ");
    if (ids) input.setAttribute("aria-describedby", ids);
    else input.removeAttribute("aria-describedby");
  };
  describe(false);
  const setError = (text) => {
    error.hidden = !text;
    fill(error, text && [icon("alert"), text]);
    input.setAttribute("aria-invalid", String(Boolean(text)));
    describe(Boolean(text));
  };
  input.addEventListener("input", () => { if (!error.hidden) setError(null); });
  return {
    input, setError,
    node: h("div", { class: "field" },
      h("label", { for: id }, label), input, hint && h("p", { class: "hint", id: `${id}-hint` }, hint), error),
  };
}

/** The place for what concerns the whole form. */
export function formAlert(testid) {
  const node = h("div", { class: "alert bad", role: "alert", data: { testid } });
  node.hidden = true;
  return {
    node,
    set(text) {
      node.hidden = !text;
      fill(node, text && [icon("alert"), h("p", { dir: "auto" }, text)]);
    },
  };
}

/**
 * Puts a server's refusal where it belongs: beside the field it names, else above the form.
 * @param {any} error @param {Record<string, Field>} fields @param {{ set: (text: string | null) => void }} alert
 */
export function showFormError(error, fields, alert) {
  const target = fields[error.field];
  if (!target) {
    alert.set(errorText(error));
    return;
  }
  target.setError(errorText(error));
  target.input.focus();
}
