import { Laminar, observe } from "@lmnr-ai/lmnr";

Laminar.initialize({
  projectApiKey: process.env.CONFAB_SECRET_KEY,
  baseUrl: "http://127.0.0.1", // a port in here would be ignored
  httpPort: Number(process.env.CONFAB_PORT),
  grpcPort: Number(process.env.CONFAB_GRPC_PORT),
});

await observe({ name: "turn", sessionId: "laminar-js-observe", userId: "user-g" }, async () =>
  observe({ name: "answer" }, async () => "It is on its way."),
);
await Laminar.shutdown();
