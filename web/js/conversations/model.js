// What a conversation is to the one who looks: its name, its order in the list, what they may do in it. Pure.

import { senderId } from "./thread.js";

/**
 * @typedef {import("./thread.js").Person} Person
 * @typedef {import("./thread.js").Message} Message
 * @typedef {"assistant" | "global" | "direct" | "room" | "channel" | "support"} Kind
 * @typedef {{ id: string, kind: Kind, title: string, description?: string, channel_id?: string, members?: Person[],
 *   owner_id?: number, status?: "active" | "closed" | "archived", unread: number, last_seq: number,
 *   last_message: Message | null, created_at: string }} Conversation
 * @typedef {{ id: number, username: string, name: string, role: string }} Me
 */

export const GENERAL = "general";
export const MAX_CONTENT = 16_384;

export const isStaff = (person) => person?.role === "agent" || person?.role === "super-agent";
const isCustomer = (person) => !isStaff(person);

/** Whoever is not oneself; oneself, if there is nobody else. @param {Conversation} conversation @param {Me} me */
export function peer(conversation, me) {
  const others = (conversation.members ?? []).filter((member) => member.id !== me.id);
  if (conversation.kind === "support") {
    const customer = others.find(isCustomer);
    return isStaff(me) ? customer ?? null : others.find(isStaff) ?? null;
  }
  return others[0] ?? (conversation.kind === "direct" ? conversation.members?.[0] ?? null : null);
}

/** The agent of a support chat; null: it waits for one. */
export const agentOf = (conversation) => (conversation.members ?? []).find(isStaff) ?? null;

export const isWaiting = (conversation) => conversation.kind === "support" && conversation.status === "active" && agentOf(conversation) === null;

/** Whether a support chat is in the queue of the one who looks. */
export const isQueued = (conversation, me) => isWaiting(conversation) && isStaff(me);

export const displayName = (person) => person?.name || person?.username || "Deleted user";

/** @param {Conversation} conversation @param {Me} me */
export function titleOf(conversation, me) {
  if (conversation.kind === "global") return "Everybody";
  if (conversation.kind === "channel") return conversation.title || conversation.channel_id || "Channel";
  if (conversation.kind === "room") return conversation.title || "Room";
  const other = peer(conversation, me);
  if (conversation.kind === "direct" && other?.id === me.id) return `${displayName(other)} (you)`;
  if (conversation.kind === "support" && !isStaff(me)) return other ? displayName(other) : "A coach";
  return other ? displayName(other) : conversation.title || "Deleted user";
}

/** One line under the title. */
export function aboutOf(conversation, me) {
  const count = conversation.members?.length;
  switch (conversation.kind) {
    case "global": return "Everybody on this server";
    case "channel": return conversation.description || "Channel, open to everybody";
    case "room": return [count && (count === 1 ? "1 member" : `${count} members`), conversation.description].filter(Boolean).join(" · ");
    case "support": return supportLine(conversation, me);
    default: return "";
  }
}

function supportLine(conversation, me) {
  if (conversation.status === "archived") return "Archived";
  if (conversation.status === "closed") return "Closed";
  const agent = agentOf(conversation);
  if (agent === null) return isStaff(me) ? "Waiting for a coach" : "The next free coach will answer here";
  if (!isStaff(me)) return "Your coach";
  return agent.id === me.id ? "Your chat" : `With ${displayName(agent)}`;
}

/**
 * What the last message says, on one line, and whose it is where that is not plain.
 * @param {Conversation} conversation @param {Me} me @returns {{ who: string, text: string }}
 */
export function previewOf(conversation, me) {
  const message = conversation.last_message;
  if (!message) return { who: "", text: "" };
  const text = contentOf(message).replace(/\s+/g, " ").slice(0, 140);
  if (senderId(message) === me.id) return { who: "You", text };
  const named = conversation.kind !== "direct" && conversation.kind !== "support" && typeof message.sender === "object";
  return { who: named ? displayName(message.sender) : "", text };
}

const TYPES = { audio: "Voice message", image: "Picture", video: "Video", file: "File" };

/** Files may come without words. */
export const contentOf = (message) => message.content || TYPES[message.msg_type] || "";

export const activityOf = (conversation) => conversation.last_message?.created_at ?? conversation.created_at;

/**
 * The list: who waits for a coach first, the longest first; then the latest.
 * @param {Iterable<Conversation>} conversations @param {Me} me @param {string} [filter]
 * @returns {{ queue: Conversation[], others: Conversation[], done: Conversation[] }} `done`: chats closed or archived
 */
export function arranged(conversations, me, filter = "") {
  const wanted = filter.trim().toLowerCase();
  const shown = [...conversations].filter((conversation) => conversation.kind !== "assistant"
    && (!wanted || titleOf(conversation, me).toLowerCase().includes(wanted)));
  shown.sort((a, b) => compare(activityOf(b), activityOf(a)) || compare(b.id, a.id));
  const queue = shown.filter((conversation) => isQueued(conversation, me)).reverse();
  const over = (conversation) => conversation.kind === "support" && conversation.status !== "active";
  return {
    queue,
    others: shown.filter((conversation) => !isQueued(conversation, me) && !over(conversation)),
    done: shown.filter(over),
  };
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** The sum for the badge: whoever waits for a coach is work too, but not unread. */
export const unreadSum = (conversations) => [...conversations].filter(({ kind }) => kind !== "assistant")
  .reduce((sum, { unread }) => sum + (unread ?? 0), 0);

/** How many wait for a coach, for those who are. @param {Iterable<Conversation>} conversations @param {Me} me */
export const queueLength = (conversations, me) => [...conversations].filter((one) => isQueued(one, me)).length;

/** Whether a conversation whose news are told has become somebody else's. @param {Conversation} conversation @param {Me} me */
export function isLost(conversation, me) {
  if (conversation.kind !== "support" || me.role !== "agent") return false;
  const agent = agentOf(conversation);
  return agent !== null && agent.id !== me.id;
}

/**
 * What somebody may do with a message. The server decides; this keeps away buttons that it would refuse.
 * @param {Conversation} conversation @param {Message} message @param {Me} me
 */
export function actsOn(conversation, message, me) {
  const over = conversation.kind === "support" && conversation.status !== "active";
  if (message.deleted) return { react: false, reply: false, edit: false, remove: false };
  const own = senderId(message) === me.id;
  const open = conversation.kind === "global" || conversation.kind === "channel";
  const others = (open && isStaff(me)) || (conversation.kind === "room" && conversation.owner_id === me.id)
    || (conversation.kind === "support" && isStaff(me));
  return { react: !over, reply: !over, edit: own && !over && message.msg_type === "text", remove: own || others };
}

/** What somebody may do with the conversation itself. @param {Conversation} conversation @param {Me} me */
export function actsIn(conversation, me) {
  const { kind, status } = conversation;
  const support = kind === "support";
  const staff = support && isStaff(me);
  const agent = agentOf(conversation);
  return {
    post: !support || status === "active",
    take: staff && status === "active" && agent?.id !== me.id && (agent === null || me.role === "super-agent"),
    assign: staff && status === "active" && me.role === "super-agent",
    close: support && status === "active",
    reopen: support && status === "closed",
    archive: staff && status !== "archived",
    unarchive: staff && status === "archived",
    removeChat: staff && (agent?.id === me.id || me.role === "super-agent"),
    members: kind === "room",
    own: kind === "room" && conversation.owner_id === me.id,
    removeChannel: kind === "channel" && conversation.channel_id !== GENERAL && (conversation.owner_id === me.id || isStaff(me)),
  };
}
