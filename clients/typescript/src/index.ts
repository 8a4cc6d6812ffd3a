export * from "./failures.js";
export * from "./generated.js";
export { etagOf } from "./transport.js";
export type { ConfabOptions, WriteOptions } from "./transport.js";
