// Asks a running Confab by the compiled client, and prints what it was answered.
import { Confab, Problem, Unreachable, etagOf } from "./dist/index.js";

const confab = new Confab({ attempts: 1 });
const ids = JSON.parse(process.env.SESSION_IDS);
const told = { pages: [], turns: [], changed: [] };

const first = await confab.listSessions({ limit: 2 });
told.first = first.data.length;
for await (const session of confab.iterateSessions({ limit: 1, from: new Date("2000-01-01") })) told.pages.push(session.id);
for (const id of ids) {
  const read = await confab.readSession(id);
  const changed = await confab.changeSession(id, { labels: ["vip"] }, { ifMatch: etagOf(read) });
  told.changed.push(changed.labels[0]);
  for await (const turn of confab.iterateTurnsOfSession({ session_id: id, limit: 1 })) told.turns.push(turn.number);
}
const score = { name: "helpful", value: 1, session_id: ids[0] };
const written = [];
for (let time = 0; time < 2; time += 1) written.push(await confab.writeScore(score, { idempotencyKey: "once" }));
told.once = written[0].id === written[1].id;
told.filtered = (await confab.listSessions({ tags: ["support", "none"], id: ids[0] })).data.length;
told.lines = (await (await confab.exportSessions({ format: "csv" })).text()).trim().split("\r\n").length;
const alert = await confab.createAlert({ name: "Failures", kind: "enters", query: "has:error" });
told.nothing = await confab.deleteAlert(alert.id);
for (const [name, failing] of Object.entries({
  problem: () => confab.readSession("nobody"),
  refused: () => confab.listSessions({ q: "cost>>" }),
  dots: () => confab.readSession(".."),
  unreachable: () => new Confab({ url: "http://127.0.0.1:9", attempts: 2 }).listSessions(),
})) {
  try {
    await failing();
  } catch (failure) {
    told[name] = [failure.name, failure instanceof Problem ? failure.code : failure instanceof Unreachable];
    if (name === "refused") told.named = Object.keys(failure.errors);
  }
}
console.log(JSON.stringify(told));
