import { Laminar, observe } from "@lmnr-ai/lmnr";
import OpenAI from "openai";

const { protocol, hostname } = new URL(process.env.CONFAB_URL);
Laminar.initialize({
  projectApiKey: process.env.CONFAB_SECRET_KEY,
  baseUrl: `${protocol}//${hostname}`,
  httpPort: Number(process.env.CONFAB_PORT),
  forceHttp: true,
  instrumentModules: { OpenAI },
});

const turn = async (question) => {
  const messages = [{ role: "user", content: question }];
  const answer = await new OpenAI().chat.completions.create({ model: "gpt-4o-mini", messages });
  return answer.choices[0].message.content;
};
await observe({ name: "turn", sessionId: "ticket-2611", userId: "user-a" }, turn, "My order #12345 hasn't arrived yet.");
await Laminar.shutdown();
