// The interview coach on `/ws`: an analysis watched step by step, then a rehearsal with a saved answer, then a message that
// is resumed after a lost connection:
//   node coach.mjs [http://localhost:8081] [resume.docx]

import { Client, command } from "./greenroom.mjs";

/** `resume`: a `File`, such as an `<input type="file">` gives. */
export async function coach(base, resume, print = console.log) {
  const me = await Client.register(base, "ada");
  const socket = await me.open("/ws");
  const { content, metadata } = await socket.wait("system");
  print(content);

  const form = new FormData();
  form.append("file", resume, resume.name);
  const upload = await me.post("/api/upload", form);
  const { job_id } = await me.post(`/api/analysis/start?upload_id=${upload.id}`);
  for (let job = {}; job.status !== "completed"; ) {
    ({ job } = await socket.wait("job"));
    print(`${job.progress} % ${job.current_step}`);
    if (job.status === "failed") throw new Error(job.error_message);
  }

  // an answer is worth keeping: the assistant finds it by what the question means
  const { questions } = await me.post("/api/interview/generate", { job_id, num_questions: 5 });
  const { id, question, answer } = questions[0];
  await me.post("/api/interview/save-question", { job_id, question_id: id, question, answer });
  const { loaded } = await me.post("/api/chat/load-qa", { client_id: metadata.client_id, job_id });
  print(`answers loaded: ${loaded}`);
  socket.send({ type: "message", content: question.toLowerCase() });
  const rehearsed = await socket.wait("message");
  print(`answered from memory: ${rehearsed.content === answer}, similarity ${rehearsed.metadata.similarity}`);
  socket.send({ type: "message", content: "Why do zebras migrate in July?" });
  print((await socket.wait("message")).content);

  await resumed(me, socket, print);
}

/** A message is named by its client and numbered by the server: nothing is lost or stored twice, whatever breaks. */
async function resumed(me, socket, print) {
  const friend = await Client.register(me.base, "bob");
  const post = { type: "send", to_user_id: friend.user.id, content: "Wish me luck!", client_msg_id: "luck-1" };
  socket.send(post);
  const ack = await socket.wait("ack");
  print(`stored as number ${ack.seq}`);
  socket.close();

  // meanwhile the friend answers
  await friend.post(`/api/conversations/${ack.conversation_id}/messages`, { content: "Good luck!" });

  const again = await me.open("/ws");
  // what was not acknowledged is sent again under the same name: the same acknowledgement, no second message
  again.send(post);
  print(`the same: ${(await again.wait("ack")).message_id === ack.message_id}`);
  again.send({ type: "subscribe", conversation_id: ack.conversation_id, after_seq: ack.seq });
  const { events, last_seq } = await again.wait("subscribed");
  print(`missed: ${events.map((event) => event.message.content).join(", ")}, up to number ${last_seq}`);
  again.close();
}

command(async (base, path = new URL("resume.docx", import.meta.url)) => {
  const { readFile } = await import("node:fs/promises");
  await coach(base, new File([await readFile(path)], "resume.docx"));
});
