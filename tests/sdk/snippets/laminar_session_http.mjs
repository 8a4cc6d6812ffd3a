import { Laminar, observe } from "@lmnr-ai/lmnr";

Laminar.initialize({
  projectApiKey: process.env.CONFAB_SECRET_KEY,
  baseUrl: "http://127.0.0.1",
  httpPort: Number(process.env.CONFAB_PORT),
  forceHttp: true,
});

await observe({ name: "turn" }, async () => {
  Laminar.setTraceSessionId("laminar-js-session");
});
await Laminar.shutdown();
