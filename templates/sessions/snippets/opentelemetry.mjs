import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";

const traceExporter = new OTLPTraceExporter({
  url: "{{ base_url }}/v1/traces",
  headers: { Authorization: "Bearer {{ secret_key }}" },
});
const sdk = new NodeSDK({ traceExporter });
sdk.start();

const parts = [{ type: "text", content: "My order #12345 hasn't arrived yet." }];
const question = [{ role: "user", parts }];
const answer = [{ role: "assistant", parts: [{ type: "text", content: "It arrives on Tuesday." }] }];

trace.getTracer("support").startActiveSpan("chat gpt-4o", (span) => {
  span.setAttributes({
    "gen_ai.conversation.id": "ticket-2611",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.input.messages": JSON.stringify(question),
    "gen_ai.output.messages": JSON.stringify(answer),
    "gen_ai.usage.input_tokens": 36,
    "gen_ai.usage.output_tokens": 14,
  });
  span.end();
});
await sdk.shutdown();
