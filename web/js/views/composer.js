// Where a question is typed: Enter sends, Shift+Enter begins a line. What is typed survives a reload.

import { h, icon } from "../dom.js";
import { keep, kept } from "../keep.js";

/** @param {{ onSend: (text: string) => void, isReady: () => boolean }} wishes */
export function composer({ onSend, isReady }) {
  const input = h("textarea", { id: "composer-text", class: "input textarea", rows: 1, maxlength: 16_384, dir: "auto", enterkeyhint: "send", autocomplete: "off",
    placeholder: "Ask as the interviewer would …", value: kept("rehearsal.draft") ?? "", data: { testid: "composer-text" } });
  const button = h("button", { type: "submit", class: "button primary", data: { testid: "composer-send" } }, icon("send"), h("span", { class: "wide-only" }, "Ask"));
  button.setAttribute("aria-label", "Ask");
  const node = h("form", { class: "composer", "aria-label": "Ask a question" },
    h("label", { class: "sr-only", for: "composer-text" }, "Question, as the interviewer would ask it"), input, button);
  const update = () => { button.disabled = !isReady() || input.value.trim() === ""; };
  input.addEventListener("input", () => { keep("rehearsal.draft", input.value || null); update(); });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!button.disabled) node.requestSubmit();
  });
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text || !isReady()) return;
    input.value = "";
    keep("rehearsal.draft", null);
    update();
    onSend(text);
    input.focus();
  });
  update();
  return {
    node, update,
    focus: () => input.focus(),
    /** Puts a text in, to be changed before it is sent. */
    put(text) {
      input.value = text;
      input.dispatchEvent(new Event("input"));
      input.focus();
    },
  };
}
