// Labelled form fields with their error beside them.

import { fill, h, icon } from "../dom.js";
import { errorText } from "../format.js";

/**
 * @typedef {{ node: HTMLElement, input: any, setError: (text: string | null) => void }} Field
 * @param {{ name: string, label: string, hint?: string, testid?: string, scope?: string | number,
 *   as?: "input" | "textarea" | "select", options?: [value: string, text: string][] } & Record<string, any>} options
 *   `scope` keeps the ids of forms apart that are shown together; `options` of a select; further keys are attributes of the input
 * @returns {Field}
 */
export function field({ name, label, hint, testid, scope, as = "input", options = [], ...attributes }) {
  const id = scope === undefined ? `field-${name}` : `field-${scope}-${name}`;
  const input = h(as, { id, name, class: `input ${as}`, data: { testid: testid ?? `field-${name}` }, ...attributes },
    options.map(([value, text]) => h("option", { value, selected: value === attributes.value }, text)));
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
