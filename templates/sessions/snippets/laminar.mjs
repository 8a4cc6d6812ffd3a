import { Laminar, observe } from "@lmnr-ai/lmnr";

// Laminar ignores a port inside baseUrl, so it is said apart from it.
Laminar.initialize({
  projectApiKey: "{{ secret_key }}",
  baseUrl: "{{ origin }}",
  httpPort: {{ http_port }},
  grpcPort: {{ grpc_port }},
});

const handleSupportTurn = (question) =>
  observe(
    { name: "handle_support_turn", sessionId: "ticket-2611", userId: "user-a", input: question },
    async () => "It is on its way and arrives on Tuesday.",
  );

await handleSupportTurn("My order #12345 hasn't arrived yet.");
await Laminar.flush();
