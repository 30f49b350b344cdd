// The field to write in: grows with its text, keeps a draft for each conversation, answers to and edits messages.

import { bdi, fill, h, icon, setText } from "../dom.js";
import { keep, kept } from "../keep.js";
import { announce } from "../notify.js";
import { act, chats, newName } from "./client.js";
import { MAX_CONTENT, contentOf, displayName } from "./model.js";

/** From here on the characters that are left are shown. */
const COUNT_FROM = MAX_CONTENT - 500;
const PHONE = matchMedia("(max-width: 760px) and (pointer: coarse)");
/** Who writes nothing for so long does not type. */
const IDLE_MS = 4000;

/** @param {string} id */
export function composer(id) {
  const field = h("textarea", {
    class: "input writer-field", rows: 1, "aria-label": "Message", placeholder: "Write a message", dir: "auto",
    enterkeyhint: PHONE.matches ? "enter" : "send", autocomplete: "off", data: { testid: "composer" },
  });
  const count = h("p", { class: "writer-count", role: "status" });
  const button = h("button", { type: "submit", class: "button primary writer-send", "aria-label": "Send", data: { testid: "send" } }, icon("send"));
  const about = h("div", { class: "writer-about", data: { testid: "composer-about" } });
  about.hidden = true;
  const node = h("form", { class: "writer", novalidate: true, on: { submit } }, about, h("div", { class: "writer-line" }, field, button), count);
  /** @type {{ replyTo: any } | { editing: any } | null} */
  let purpose = null;
  let idle = 0;
  let lastOwn = () => undefined;
  const draft = `draft.${id}`;

  const length = () => [...field.value].length;
  const fit = () => {
    const left = field.value.length > COUNT_FROM ? MAX_CONTENT - length() : Infinity;
    setText(count, left === Infinity ? "" : left >= 0 ? `${left} characters left` : `${-left} characters too many`);
    count.dataset.over = String(left < 0);
    button.disabled = field.value.trim() === "" || left < 0;
    field.style.blockSize = "auto";
    field.style.blockSize = `${Math.min(field.scrollHeight + 2, 200)}px`;
  };
  const typed = (on) => {
    clearTimeout(idle);
    if (on) idle = setTimeout(() => typed(false), IDLE_MS);
    act((core, now) => core.type(id, on, now));
  };
  const put = (text) => {
    field.value = text;
    fit();
  };
  const turnTo = (next) => {
    if (purpose?.editing && !next?.editing) put(kept(draft) ?? "");
    purpose = next;
    about.hidden = next === null;
    const message = next?.editing ?? next?.replyTo;
    const who = message && typeof message.sender === "object" ? displayName(message.sender) : "Greenroom";
    fill(about, message && [icon(next.editing ? "edit" : "reply"),
      h("p", { class: "writer-about-text" }, next.editing ? "Editing your message" : ["Answering ", bdi(who), ": ", h("span", { dir: "auto" }, contentOf(message).replace(/\s+/g, " ").slice(0, 120))]),
      h("button", { type: "button", class: "icon-button", "aria-label": next.editing ? "Stop editing" : "Answer to no message", data: { testid: "composer-cancel" }, on: { click: () => { turnTo(null); field.focus(); } } }, icon("close"))]);
    button.setAttribute("aria-label", next?.editing ? "Save" : "Send");
  };

  function submit(event) {
    event?.preventDefault();
    const text = field.value.trim();
    if (text === "" || length() > MAX_CONTENT) return;
    if (purpose?.editing) {
      const { editing } = purpose;
      if (!chats().online) {
        announce("There is no connection: the change can be saved when it returns.");
        setText(count, "There is no connection: save the change when it returns.");
        return;
      }
      if (text !== editing.content) act((core) => core.edit(editing.id, text));
      turnTo(null);
    } else {
      const replyTo = purpose?.replyTo?.id ?? null;
      turnTo(null);
      keep(draft, null);
      put("");
      clearTimeout(idle);
      act((core, now) => core.post(newName(), id, text, replyTo, now));
    }
    field.focus();
  }

  field.addEventListener("input", () => {
    fit();
    if (!purpose?.editing) {
      keep(draft, field.value === "" ? null : field.value);
      typed(field.value !== "");
    }
  });
  field.addEventListener("blur", () => typed(false));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    // on a phone the key makes a new line, and the button sends
    if (event.key === "Enter" && !event.shiftKey && !PHONE.matches) submit(event);
    else if (event.key === "Escape" && purpose) {
      event.stopPropagation();
      turnTo(null);
    } else if (event.key === "ArrowUp" && field.value === "" && lastOwn()) {
      event.preventDefault();
      edit(lastOwn());
    }
  });
  const edit = (message) => {
    turnTo({ editing: message });
    put(message.content);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  };
  put(kept(draft) ?? "");

  return {
    node, edit,
    reply(message) {
      turnTo({ replyTo: message });
      field.focus();
    },
    focus: () => field.focus({ preventScroll: true }),
    onEditLast(find) {
      lastOwn = find;
    },
    /** The message that is edited or answered to may have gone. */
    update() {
      const message = purpose?.editing ?? purpose?.replyTo;
      if (message && chats()?.threads.get(id)?.find(message.id)?.deleted) turnTo(null);
    },
    dispose() {
      clearTimeout(idle);
    },
  };
}
