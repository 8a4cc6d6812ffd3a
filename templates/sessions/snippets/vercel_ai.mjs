import { openai } from "@ai-sdk/openai";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { generateText } from "ai";

const traceExporter = new OTLPTraceExporter({
  url: "{{ base_url }}/v1/traces",
  headers: { Authorization: "Bearer {{ secret_key }}" },
});
const sdk = new NodeSDK({ traceExporter });
sdk.start();

const { text } = await generateText({
  model: openai.chat("gpt-4o-mini"),
  prompt: "My order #12345 hasn't arrived yet.",
  experimental_telemetry: {
    isEnabled: true,
    metadata: { sessionId: "ticket-2611", userId: "user-a" },
  },
});
console.log(text);
await sdk.shutdown();
