// Wishes about conversations that go by request: begin, join, members, support.

import { del, get, newIdempotencyKey, post, put, request, url } from "../api.js";
import { act, refresh } from "./client.js";

const made = (path, json) => post(path, { json, key: newIdempotencyKey() });

/** Takes a conversation in that an answer told of, before its frame comes. */
function adopt(conversation) {
  act((core) => {
    core.merge(conversation);
    core.watch();
  });
  return conversation;
}

/** @returns {Promise<string>} the id of the conversation */
const read = async (id) => adopt(await get(`/api/conversations/${id}`)).id;

export const openDirect = async (user) => adopt(await made("/api/conversations", { kind: "direct", user })).id;
export const createRoom = async (name, description) => read((await made("/api/rooms", { name, description })).id);
export const askCoach = async () => read((await made("/api/chats", {})).id);

export async function createChannel(name, description) {
  const { data } = await made("/api/v1/channels", { name, description });
  const found = await findChannel(data.id);
  return adopt(found).id;
}

/** Every channel there is, page by page. @returns {Promise<{ channels: any[], cursor: string | null }>} */
export async function channels(cursor = null) {
  const { data, nextCursor } = await request("GET", url("/api/conversations", { kind: "channel", limit: 200, cursor }));
  return { channels: data, cursor: nextCursor };
}

async function findChannel(slug) {
  let cursor = null;
  do {
    const page = await channels(cursor);
    const found = page.channels.find((channel) => channel.channel_id === slug);
    if (found) return found;
    cursor = page.cursor;
  } while (cursor);
  throw new Error("The channel was made, but is not listed yet. Open it from the list of channels.");
}

/** Joins: the channel is in one's list from now on. */
export function joinChannel(channel) {
  adopt(channel);
  act((core) => core.ask("join", { type: "read", conversation_id: channel.id, seq: channel.last_seq }));
  return channel.id;
}

export const deleteChannel = async (slug) => { await del(`/api/v1/channels/${slug}`); };

export const addMember = (room, user) => post(`/api/rooms/${room}/members/${user}`).then(() => read(room));
export async function removeMember(room, user, me) {
  await del(`/api/rooms/${room}/members/${user}`);
  if (user === me) act((core) => core.drop(room));
  else await read(room);
}

export const assign = (chat, agentId) => put(`/api/chats/${chat}/assign`, { json: { agentId } }).then(() => read(chat).catch(() => refresh()));
export const setStatus = (chat, status) => put(`/api/chats/${chat}/status`, { json: { status } }).then(() => read(chat));
export const archive = (chat) => put(`/api/chats/${chat}/archive`, { json: {} }).then(() => read(chat));
export const unarchive = (chat) => put(`/api/chats/${chat}/unarchive`, { json: {} }).then(() => read(chat));
export async function deleteChat(chat) {
  await del(`/api/chats/${chat}`);
  act((core) => core.drop(chat));
}
