import { LangfuseSpanProcessor } from "@langfuse/otel";
import { propagateAttributes, startActiveObservation } from "@langfuse/tracing";
import { NodeSDK } from "@opentelemetry/sdk-node";

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

await startActiveObservation("turn", async (turn) => {
  await propagateAttributes({ sessionId: "langfuse-js-propagate", userId: "user-h" }, async () => {
    turn.update({ input: "Where is my order?", output: "On its way." });
  });
});
await sdk.shutdown();
