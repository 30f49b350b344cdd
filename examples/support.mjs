// A customer and an agent in a support chat, on `/api/ws`. Needs the demo users of `greenroom seed`:
//   node support.mjs [http://localhost:8081]

import { Client, command } from "./greenroom.mjs";

export async function support(base, print = console.log) {
  const customer = await Client.login(base, "customer1", "password123");
  const agent = await Client.login(base, "agent1", "password123");
  const [mine, theirs] = [await customer.open("/api/ws"), await agent.open("/api/ws")];

  // without an agent a chat waits in the queue
  const chat = await customer.post("/api/chats");
  print(`a chat waits: ${chat.status}, agent ${chat.agentId}`);

  // the first agent to join gets it
  theirs.send({ type: "join_chat", data: { chatId: chat.id } });
  await theirs.wait("chat_joined");
  print(`assigned to ${(await mine.wait("chat_assigned")).data.agent.username}`);

  const say = (socket, content) =>
    socket.send({ type: "send_message", data: { chatId: chat.id, content, messageType: "text" } });
  say(mine, "My order is late");
  const asked = (await theirs.wait("new_message")).data;
  print(`${asked.sender.role}: ${asked.content}`);
  say(theirs, "Let me look");
  // one's own messages come back too: the first new message that the customer hears is their own
  await mine.wait("new_message");
  const answered = (await mine.wait("new_message")).data;
  print(`${answered.sender.role}: ${answered.content}`);

  await agent.put(`/api/chats/${chat.id}/status`, { status: "closed" });
  print(`status: ${(await mine.wait("chat_status_updated")).data.status}`);
  say(mine, "One more thing");
  print(`error: ${(await mine.wait("error")).data.code}`);
  mine.close();
  theirs.close();
}

command(support);
