// Messages to everybody, to one and to a room, on `/api/ws/connect`:
//   node rooms.mjs [http://localhost:8081]

import { Client, command } from "./greenroom.mjs";

export async function rooms(base, print = console.log) {
  const alice = await Client.register(base, "alice");
  const bob = await Client.register(base, "bob");
  const [mine, theirs] = [await alice.open("/api/ws/connect"), await bob.open("/api/ws/connect")];
  print(`connected as ${(await mine.wait("connection")).user_id === alice.user.username ? "alice" : "nobody"}`);

  mine.send({ type: "message", content: "Hello everyone!" });
  const global = (await theirs.wait("message")).message;
  print(`to everybody: ${global.content}`);

  mine.send({ type: "message", content: "Psst, Bob", recipient: bob.user.username });
  print(`to Bob alone: ${(await theirs.wait("direct_message")).message.content}`);

  // rooms are made over HTTP; their messages may come either way
  const room = await alice.post("/api/rooms", { name: "Tea", description: "Milk first" });
  await alice.post(`/api/rooms/${room.id}/members/${bob.user.id}`);
  mine.send({ type: "message", content: "The kettle is on", room_id: room.id });
  print(`in the room: ${(await theirs.wait("message")).message.content}`);
  await alice.post("/api/messages", { content: "Come in", room_id: room.id });
  print(`in the room: ${(await theirs.wait("message")).message.content}`);

  // an error is a frame; the connection stays
  mine.send({ type: "message", content: "Anybody?", recipient: "nobody.here" });
  print(`error: ${(await mine.wait("error")).error}`);
  mine.send({ type: "ping" });
  print(`ping: ${(await mine.wait("pong")).status}`);

  // history is HTTP; the newest comes first
  const history = await bob.get(`/api/rooms/${room.id}/messages`);
  print(`history of the room: ${history.map((message) => message.content).join(", ")}`);
  mine.close();
  theirs.close();
}

command(rooms);
