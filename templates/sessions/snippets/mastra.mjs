import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core";
import { Observability } from "@mastra/observability";
import { OtelExporter } from "@mastra/otel-exporter";

const exporter = new OtelExporter({
  provider: {
    custom: {
      endpoint: "{{ base_url }}/v1/traces",
      protocol: "http/protobuf",
      headers: { Authorization: "Bearer {{ secret_key }}" },
    },
  },
});
const support = new Agent({
  id: "support",
  name: "Support",
  instructions: "You help with orders.",
  model: "openai/gpt-4o-mini",
});
const mastra = new Mastra({
  agents: { support },
  observability: new Observability({
    configs: { otel: { serviceName: "support", exporters: [exporter] } },
  }),
});

const answer = await mastra.getAgent("support").generate("My order #12345 hasn't arrived yet.", {
  tracingOptions: { metadata: { sessionId: "ticket-2611", userId: "user-a" } },
});
console.log(answer.text);
await exporter.shutdown();
