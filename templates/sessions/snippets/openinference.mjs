import { OpenAIInstrumentation } from "@arizeai/openinference-instrumentation-openai";
import { setSession } from "@arizeai/openinference-core";
import { context } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";
import OpenAI from "openai";

const traceExporter = new OTLPTraceExporter({
  url: "{{ base_url }}/v1/traces",
  headers: { Authorization: "Bearer {{ secret_key }}" },
});
const instrumentation = new OpenAIInstrumentation();
instrumentation.manuallyInstrument(OpenAI);
const sdk = new NodeSDK({ traceExporter, instrumentations: [instrumentation] });
sdk.start();

await context.with(setSession(context.active(), { sessionId: "ticket-2611" }), async () => {
  const answer = await new OpenAI().chat.completions.create({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "My order #12345 hasn't arrived yet." }],
  });
  console.log(answer.choices[0].message.content);
});
await sdk.shutdown();
