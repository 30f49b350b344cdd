// A channel and what happens in it, on `/api/v1/ws`. Messages are posted, edited and deleted over HTTP:
//   node channels.mjs [http://localhost:8081]

import { Client, command } from "./greenroom.mjs";

export async function channels(base, print = console.log) {
  const alice = await Client.register(base, "alice");
  const bob = await Client.register(base, "bob");
  // answers of this API are wrapped: {"success": true, "data": …}
  const { data: channel } = await alice.post("/api/v1/channels", { name: `Tea ${alice.user.id}` });

  // who names a channel at the upgrade is in it at once
  const socket = await bob.open(`/api/v1/ws?channel_id=${channel.id}`);
  print(`joined: ${(await socket.wait("channel_joined")).user_email === bob.user.email}`);

  const { data: message } = await alice.post("/api/v1/messages", { channel_id: channel.id, content: "Helo" });
  print(`new: ${(await socket.wait("new_message")).data.content}`);
  await alice.put(`/api/v1/messages/${message.id}`, { content: "Hello" });
  print(`updated: ${(await socket.wait("message_updated")).data.content}`);
  await alice.delete(`/api/v1/messages/${message.id}`);
  print(`deleted: ${(await socket.wait("message_deleted")).data.id === message.id}`);

  // the other way into a channel: a frame
  const second = await alice.open("/api/v1/ws");
  second.send({ type: "join_channel", channel_id: channel.id });
  await second.wait("channel_joined");
  print(`Alice came: ${(await socket.wait("channel_joined")).user_email === alice.user.email}`);
  const { data: stats } = await alice.get("/api/v1/ws/stats");
  print(`sockets in the channel: ${stats.channels[channel.id]}`);
  second.send({ type: "leave_channel", channel_id: channel.id });
  print(`Alice left: ${(await socket.wait("channel_left")).user_email === alice.user.email}`);

  socket.send({ type: "join_channel", channel_id: "no-such-channel" });
  print(`error: ${(await socket.wait("error")).code}`);
  socket.send({ type: "ping" });
  print(`ping: ${(await socket.wait("pong")).type}`);
  socket.close();
  second.close();
}

command(channels);
