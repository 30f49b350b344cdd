// What can be done with the conversation itself: members of a room, the course of a support chat.

import { bdi, fill, h, icon } from "../dom.js";
import { confirmDialog } from "../dialog.js";
import { errorText } from "../format.js";
import { toast } from "../notify.js";
import { address } from "../router.js";
import { busy } from "../views/busy.js";
import { addMember, archive, assign, deleteChannel, deleteChat, removeMember, setStatus, unarchive } from "./api.js";
import { chats, watch } from "./client.js";
import { menu } from "./menu.js";
import { actsIn, agentOf, displayName, titleOf } from "./model.js";
import { avatar } from "./people.js";
import { personPicker } from "./picker.js";
import { sheet } from "./sheet.js";

const leave = () => { location.hash = address("/conversations"); };

async function attempt(work, explain = errorText) {
  try {
    await work();
    return true;
  } catch (error) {
    toast(explain(error), { kind: "bad" });
    return false;
  }
}

/** @param {string} id */
export function conversationActions(id) {
  const { me } = chats();
  const conversation = () => chats()?.conversations.get(id);
  const take = h("button", { type: "button", class: "button small primary", data: { testid: "take-chat" } }, "Take");
  take.addEventListener("click", () => busy(take, () => takeChat(id, me)));
  const people = h("button", { type: "button", class: "icon-button", "aria-label": "Members", title: "Members", data: { testid: "members" }, on: { click: () => members(id) } }, icon("people"));
  const more = menu({ label: "More", icon: "more", testid: "thread-menu" }, () => entries(conversation(), me));
  return {
    node: h("div", { class: "thread-actions" }, take, people, more),
    update(current) {
      const may = actsIn(current, me);
      take.hidden = !may.take;
      people.hidden = !may.members;
      more.hidden = entries(current, me).length === 0;
    },
  };
}

function takeChat(id, me) {
  const explain = (error) => (error.status === 404 ? "Another coach was quicker and has this chat now." : errorText(error));
  return attempt(() => assign(id, me.id), explain);
}

function entries(conversation, me) {
  if (!conversation) return [];
  const { id } = conversation;
  const may = actsIn(conversation, me);
  return [
    may.assign && { label: "Give to a coach …", icon: "people", testid: "assign-chat", run: () => give(id) },
    may.close && { label: "Close chat", icon: "check", testid: "close-chat", run: () => attempt(() => setStatus(id, "closed")) },
    may.reopen && { label: "Reopen chat", icon: "retry", testid: "reopen-chat", run: () => attempt(() => setStatus(id, "active")) },
    may.archive && { label: "Archive", icon: "archive", testid: "archive-chat", run: () => attempt(() => archive(id)) },
    may.unarchive && { label: "Take out of the archive", icon: "archive", testid: "unarchive-chat", run: () => attempt(() => unarchive(id)) },
    may.removeChat && { label: "Delete chat", icon: "trash", testid: "delete-chat", danger: true, run: () => removeChat(conversation) },
    may.members && { label: "Leave room", icon: "signout", testid: "leave-room", danger: true, run: () => leaveRoom(conversation, me) },
    may.removeChannel && { label: "Delete channel", icon: "trash", testid: "delete-channel", danger: true, run: () => removeChannel(conversation) },
  ].filter(Boolean);
}

async function removeChat(conversation) {
  const text = "All its messages are deleted for everybody. This cannot be undone.";
  if (await confirmDialog({ title: "Delete this chat?", text, confirm: "Delete" }) && await attempt(() => deleteChat(conversation.id))) leave();
}

async function removeChannel(conversation) {
  const title = `Delete ${titleOf(conversation, chats().me)}?`;
  const text = "All its messages are deleted for everybody. This cannot be undone.";
  if (await confirmDialog({ title, text, confirm: "Delete" }) && await attempt(() => deleteChannel(conversation.channel_id))) leave();
}

async function leaveRoom(conversation, me) {
  const last = conversation.members?.length === 1;
  const text = last ? "You are the last one here: the room and its messages are deleted." : "You can come back only if somebody adds you again.";
  const sure = await confirmDialog({ title: `Leave ${titleOf(conversation, me)}?`, text, confirm: "Leave", cancel: "Stay" });
  if (sure && await attempt(() => removeMember(conversation.id, me.id, me.id))) leave();
}

/** To somebody else: who wants it takes it. */
function give(id) {
  const without = () => new Set([chats()?.me.id, agentOf(chats()?.conversations.get(id) ?? {})?.id]);
  const picker = personPicker({ label: "Which coach?", role: "agent", without, choose: async (person) => {
    await assign(id, person.id);
    dialog.close();
  } });
  const dialog = sheet({ title: "Give this chat to a coach", testid: "assign-dialog" }, picker.node);
  picker.input.focus();
}

/** Who is in a room; its owner adds and removes. */
function members(id) {
  const list = h("ul", { class: "picker-list members-list", data: { testid: "member-list" }, "aria-label": "Members" });
  const { me } = chats();
  const room = () => chats()?.conversations.get(id);
  const picker = actsIn(room(), me).own ? personPicker({
    label: "Add somebody", without: () => new Set((room()?.members ?? []).map((member) => member.id)),
    choose: async (person) => {
      await addMember(id, person.id);
      picker.input.value = "";
      await picker.again();
    },
  }) : null;
  const render = () => {
    const current = room();
    if (!current) {
      dialog.close();
      return;
    }
    const { own } = actsIn(current, me);
    if (!current.members) fill(list, h("li", { class: "hint" }, "This room has more than 200 members."));
    else fill(list, current.members.map((person) => member(person, current, own, id)));
  };
  const member = (person, current, own) => {
    const remove = own && person.id !== me.id && h("button", { type: "button", class: "icon-button danger", "aria-label": `Remove ${displayName(person)}`, data: { testid: "remove-member", user: person.username } }, icon("close"));
    if (remove) remove.addEventListener("click", () => busy(remove, () => attempt(() => removeMember(id, person.id, me.id))));
    return h("li", { class: "channel-entry" }, avatar(person, { presence: true }),
      h("span", { class: "picker-words" }, bdi(person.id === me.id ? `${displayName(person)} (you)` : displayName(person), { class: "picker-name" }),
        h("span", { class: "hint" }, `@${person.username}`, current.owner_id === person.id && " · owner")), remove);
  };
  const dialog = sheet({ title: "Members", testid: "members-dialog" }, list, picker?.node);
  const stop = watch((changes) => { if (changes.has(id) || changes.has("people")) render(); });
  dialog.node.addEventListener("close", stop);
  render();
}
