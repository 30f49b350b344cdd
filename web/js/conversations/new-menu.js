// The button "New": a direct message, a room, a channel, a coach.

import { bdi, fill, h, icon } from "../dom.js";
import { errorText } from "../format.js";
import { toast } from "../notify.js";
import { address } from "../router.js";
import { busy } from "../views/busy.js";
import { field, formAlert, showFormError } from "../views/form.js";
import { askCoach, channels, createChannel, createRoom, joinChannel, openDirect } from "./api.js";
import { chats } from "./client.js";
import { menu } from "./menu.js";
import { isStaff } from "./model.js";
import { personPicker } from "./picker.js";
import { sheet } from "./sheet.js";

const go = (id) => { location.hash = address(`/conversations/${id}`); };

export function newMenu() {
  return menu({ label: "New conversation", icon: "plus", text: "New", testid: "new-conversation", primary: true }, () => [
    { label: "Direct message", icon: "chat", testid: "new-direct", run: direct },
    !isStaff(chats()?.me) && { label: "Ask a coach", icon: "help", testid: "ask-coach", run: coach },
    { label: "Browse channels", icon: "hash", testid: "browse-channels", run: browse },
    { label: "New room", icon: "people", testid: "new-room", run: () => create("room") },
    { label: "New channel", icon: "plus", testid: "new-channel", run: () => create("channel") },
  ].filter(Boolean));
}

function direct() {
  const picker = personPicker({ label: "Who do you want to write to?", choose: async (person) => {
    const id = await openDirect(person.id);
    dialog.close();
    go(id);
  } });
  const dialog = sheet({ title: "Direct message", testid: "direct-dialog" }, picker.node);
  picker.input.focus();
}

/** One open chat is enough: whoever has one is brought there. */
async function coach() {
  const { conversations } = chats();
  const open = [...conversations.values()].find(({ kind, status }) => kind === "support" && status === "active");
  try {
    go(open?.id ?? await askCoach());
  } catch (error) {
    toast(errorText(error), { kind: "bad" });
  }
}

const FORMS = {
  room: { title: "New room", about: "A room is for those you add to it.", label: "Name of the room", make: createRoom, done: "Create room" },
  channel: { title: "New channel", about: "A channel is open to everybody.", label: "Name of the channel", make: createChannel, done: "Create channel" },
};

/** @param {"room" | "channel"} kind */
function create(kind) {
  const { title, about, label, make, done } = FORMS[kind];
  const name = field({ name: "name", label, type: "text", maxlength: 100, required: true, autocomplete: "off", dir: "auto" });
  const description = field({ name: "description", label: "What it is about", hint: "May stay empty.", type: "text", maxlength: 500, autocomplete: "off", dir: "auto" });
  const alert = formAlert("create-alert");
  const submit = h("button", { type: "submit", class: "button primary", data: { testid: "create-submit" } }, done);
  const form = h("form", { class: "form", novalidate: true }, alert.node, name.node, description.node, h("div", { class: "actions end" }, submit));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    alert.set(null);
    const value = name.input.value.trim();
    if (value === "") {
      name.setError("Please enter a name.");
      name.input.focus();
      return;
    }
    busy(submit, async () => {
      try {
        const id = await make(value, description.input.value.trim() || undefined);
        dialog.close();
        go(id);
      } catch (error) {
        showFormError(error, { name, description }, alert);
      }
    });
  });
  const dialog = sheet({ title, testid: "create-dialog", about }, form);
  name.input.focus();
}

function browse() {
  const list = h("ul", { class: "picker-list", data: { testid: "channel-list" }, "aria-label": "Channels" });
  const note = h("p", { class: "hint", role: "status" }, "Loading …");
  const more = h("button", { type: "button", class: "button small" }, "Show more");
  more.hidden = true;
  const load = async (cursor) => {
    try {
      const page = await channels(cursor);
      list.append(...page.channels.map(entry));
      fill(note);
      more.hidden = !page.cursor;
      more.onclick = () => busy(more, () => load(page.cursor));
    } catch (error) {
      fill(note, errorText(error));
    }
  };
  const entry = (channel) => {
    const mine = chats()?.conversations.has(channel.id);
    return h("li", { class: "channel-entry" }, h("span", { class: "avatar is-icon", "aria-hidden": "true" }, icon("hash")),
      h("span", { class: "picker-words" }, bdi(channel.title || channel.channel_id, { class: "picker-name" }), channel.description && h("span", { class: "hint", dir: "auto" }, channel.description)),
      h("button", { type: "button", class: mine ? "button small" : "button small primary", data: { testid: "join-channel", channel: channel.channel_id },
        on: { click: () => { const id = joinChannel(channel); dialog.close(); go(id); } } }, mine ? "Open" : "Join", h("span", { class: "sr-only" }, ` ${channel.title}`)));
  };
  const dialog = sheet({ title: "Channels", testid: "channels-dialog", about: "Open to everybody. Those you join are in your list." }, note, list, more);
  load(null);
}
