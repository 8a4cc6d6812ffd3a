import { observeOpenAI } from "@langfuse/openai";
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { propagateAttributes } from "@langfuse/tracing";
import { NodeSDK } from "@opentelemetry/sdk-node";
import OpenAI from "openai";

const sdk = new NodeSDK({
  spanProcessors: [
    new LangfuseSpanProcessor({
      baseUrl: process.env.CONFAB_URL,
      publicKey: process.env.CONFAB_PUBLIC_KEY,
      secretKey: process.env.CONFAB_SECRET_KEY,
    }),
  ],
});
sdk.start();

const messages = [{ role: "user", content: "My order #12345 hasn't arrived yet." }];
await propagateAttributes({ sessionId: "ticket-2611", userId: "user-a" }, () =>
  observeOpenAI(new OpenAI()).chat.completions.create({ model: "gpt-4o-mini", messages }),
);
await sdk.shutdown();
