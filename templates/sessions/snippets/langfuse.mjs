import { LangfuseSpanProcessor } from "@langfuse/otel";
import { propagateAttributes, startActiveObservation } from "@langfuse/tracing";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK({
  spanProcessors: [
    new LangfuseSpanProcessor({
      baseUrl: "{{ base_url }}",
      publicKey: "{{ public_key }}",
      secretKey: "{{ secret_key }}",
    }),
  ],
});
sdk.start();

const question = [{ role: "user", content: "My order #12345 hasn't arrived yet." }];

await propagateAttributes({ sessionId: "ticket-2611", userId: "user-a" }, async () => {
  await startActiveObservation("answer", async (call) => {
    const output = "It is on its way and arrives on Tuesday.";
    call.update({ model: "gpt-4o", input: question, output });
  }, { asType: "generation" });
});
await sdk.shutdown();
