// What can be done with a message: one row of buttons that goes to the message under the pointer or with the focus.

import { fill, h, icon } from "../dom.js";
import { confirmDialog } from "../dialog.js";
import { act, chats } from "./client.js";
import { actsOn } from "./model.js";

const FINGERS = matchMedia("(pointer: coarse)");
const EMOJI = ["👍", "❤️", "😂", "🎉", "🙏", "👀", "✅"];

/** @param {string} id @param {{ reply: (message: any) => void, edit: (message: any) => void }} wishes */
export function messageActions(id, wishes) {
  const node = h("div", { class: "message-actions", role: "toolbar", "aria-label": "What to do with this message", data: { testid: "message-actions" } });
  /** @type {string | null} */
  let current = null;
  /** What the buttons were made for. */
  let made = "";
  const message = () => chats()?.threads.get(id)?.find(current ?? "");

  const button = (name, label, testid, click, extra = {}) => h("button", {
    type: "button", class: "icon-button", "aria-label": label, title: label, data: { testid }, on: { click }, ...extra,
  }, icon(name));
  const render = (choosing = false) => {
    const target = message();
    const conversation = chats()?.conversations.get(id);
    if (!target || !conversation) {
      node.remove();
      return;
    }
    const may = actsOn(conversation, target, chats().me);
    // a button that is pressed must not be another one when it is let go
    const next = choosing ? "choosing" : `${target.id} ${JSON.stringify(may)}`;
    if (next === made) return;
    made = next;
    // the focus must not get lost with the button that has it
    if (node.contains(document.activeElement)) node.closest(".message")?.focus({ preventScroll: true });
    node.hidden = !(may.react || may.reply || may.edit || may.remove);
    if (choosing) {
      fill(node, EMOJI.map((emoji) => h("button", { type: "button", class: "icon-button emoji", "aria-label": `React with ${emoji}`,
        data: { testid: "emoji", emoji }, on: { click: () => { react(message(), emoji); back(); } } }, emoji)),
      button("close", "Close", "emoji-close", back));
      node.querySelector("button").focus();
      return;
    }
    fill(node,
      may.react && button("smile", "React", "react", () => render(true)),
      may.reply && button("reply", "Reply", "reply", () => wishes.reply(message())),
      may.edit && button("edit", "Edit", "edit", () => wishes.edit(message())),
      may.remove && button("trash", "Delete", "delete-message", () => remove(message())));
  };
  const back = () => {
    node.closest(".message")?.focus({ preventScroll: true });
    render();
  };
  const react = (target, emoji) => {
    const mine = target.reactions[emoji]?.includes(chats().me.id);
    act((core) => core.react(target.id, emoji, Boolean(mine)));
  };
  const goTo = (event) => {
    const row = event.target.closest?.(".message");
    if (!row || row.dataset.state !== "stored" || (row.dataset.id === current && node.isConnected)) return;
    // who chooses an emoji is not disturbed by the pointer passing over others
    if (event.type === "pointermove" && (FINGERS.matches || node.contains(document.activeElement))) return;
    current = row.dataset.id;
    render();
    row.append(node);
    if (FINGERS.matches) node.scrollIntoView({ block: "nearest" });
  };
  // for fingers the row takes room and moves others: not before a tap has met what it was meant for
  let pressing = false;
  const press = () => { pressing = true; };
  const release = (event) => {
    pressing = false;
    if (FINGERS.matches && event.type === "click") goTo(event);
  };
  const leave = () => {
    if (FINGERS.matches) return;
    if (node.contains(document.activeElement)) return;
    node.remove();
    current = null;
  };
  return {
    attach(list) {
      // not `pointerover`: messages that move under a pointer at rest must not take the buttons from the one with the focus
      list.addEventListener("pointermove", goTo);
      list.addEventListener("focusin", (event) => { if (!FINGERS.matches || !pressing) goTo(event); });
      list.addEventListener("pointerdown", press);
      for (const name of ["click", "pointercancel", "keydown"]) list.addEventListener(name, release);
      list.addEventListener("pointerleave", leave);
      list.addEventListener("focusout", (event) => { if (!list.contains(event.relatedTarget)) node.remove(); });
      node.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        back();
      });
    },
    /** After messages changed: the buttons may not fit any more. */
    settle() {
      if (node.isConnected && !node.querySelector(".emoji")) render();
    },
    dispose: () => node.remove(),
  };
}

async function remove(message) {
  const sure = await confirmDialog({ title: "Delete this message?", text: "Everybody will see that there was one, but not what it said.", confirm: "Delete" });
  if (sure) act((core) => core.remove(message.id));
}
