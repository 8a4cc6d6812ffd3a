import { ConfabError, Problem, Unreachable } from "./failures.js";

const BUSY = [429, 503]; // Confab did nothing
const LONGEST_PAUSE_SECONDS = 30;
const FIRST_PAUSE_SECONDS = 0.5;
const DEFAULT_ATTEMPTS = 4;
const DEFAULT_TIMEOUT_SECONDS = 30;
const DEFAULT_URL = "http://127.0.0.1:8000";

/** How to reach Confab. What is left out comes from CONFAB_URL, CONFAB_API_KEY and CONFAB_PROJECT where there are such. */
export interface ConfabOptions {
  url?: string;
  /** A secret key. */
  apiKey?: string;
  /** The id of the project, for a key of a person. */
  project?: string | number;
  /** Seconds until an answer has begun. */
  timeout?: number;
  /** How often a request is sent at most. */
  attempts?: number;
  fetch?: typeof fetch;
}

/** What may go with a write. */
export interface WriteOptions {
  /** The same request with the same key is done once; without one, each call has a new one. */
  idempotencyKey?: string;
  /** The ETag of an answer: change it only if nobody else has. */
  ifMatch?: string;
}

interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

const etags = new WeakMap<object, string>();

/** Returns the ETag of an answer, for `ifMatch` of the change that it leads to. */
export function etagOf(answer: object): string | undefined {
  return etags.get(answer);
}

/** Sends requests, again where that helps, and reads lists page by page. */
export class Transport {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #timeout: number;
  readonly #attempts: number;
  readonly #fetch: typeof fetch;

  constructor(options: ConfabOptions = {}) {
    const apiKey = options.apiKey ?? environment("CONFAB_API_KEY");
    const project = options.project ?? environment("CONFAB_PROJECT");
    this.#url = (options.url ?? environment("CONFAB_URL") ?? DEFAULT_URL).replace(/\/+$/, "");
    this.#headers = { Accept: "application/json" };
    if (apiKey) this.#headers["Authorization"] = `Bearer ${apiKey}`;
    if (project) this.#headers["X-Confab-Project"] = String(project);
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT_SECONDS;
    this.#attempts = options.attempts ?? DEFAULT_ATTEMPTS;
    this.#fetch = options.fetch ?? globalThis.fetch;
  }

  /** Returns an id as a part of a path. `fetch` removes `.` and `..`, however they are escaped. */
  protected escaped(id: string | number): string {
    const text = String(id);
    if (text === "." || text === "..") throw new ConfabError(`No address can name the id “${text}”: list it instead.`);
    return encodeURIComponent(text);
  }

  protected async ask<T>(
    method: string,
    path: string,
    parameters: object,
    body?: unknown,
    options?: WriteOptions,
  ): Promise<T> {
    const answer = await this.file(method, path, parameters, body, options);
    const text = await reaching(() => answer.text());
    if (!text) return null as T;
    let said: T;
    try {
      said = JSON.parse(text) as T;
    } catch {
      throw new Unreachable(`The answer of ${answer.url} is no JSON: that is not Confab.`);
    }
    const etag = answer.headers.get("ETag");
    if (etag && typeof said === "object" && said !== null) etags.set(said, etag);
    return said;
  }

  protected async *each<T>(method: string, path: string, parameters: object): AsyncGenerator<T> {
    let cursor = (parameters as { cursor?: string | number | null }).cursor ?? null;
    do {
      const asked = cursor === null ? parameters : { ...parameters, cursor };
      const page: { data: T[]; next: string | null } = await this.ask(method, path, asked);
      yield* page.data;
      cursor = page.next;
    } while (cursor !== null);
  }

  /** Returns an answer whose body is still to be read. */
  protected async file(
    method: string,
    path: string,
    parameters: object,
    body?: unknown,
    options?: WriteOptions,
  ): Promise<Response> {
    const exchange = this.#exchange(method, path, parameters, body, options);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#sent(exchange);
      } catch (failure) {
        const pause = failure instanceof ConfabError ? pauseAfter(failure, attempt) : null;
        if (pause === null || attempt >= this.#attempts) throw failure;
        await new Promise((resolve) => setTimeout(resolve, pause * 1000));
      }
    }
  }

  #exchange(method: string, path: string, parameters: object, body?: unknown, options?: WriteOptions): Exchange {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined && one !== null) query.append(name, one instanceof Date ? one.toISOString() : String(one));
      }
    }
    const headers = { ...this.#headers };
    if (options) headers["Idempotency-Key"] = options.idempotencyKey ?? crypto.randomUUID();
    if (options?.ifMatch) headers["If-Match"] = options.ifMatch;
    const exchange: Exchange = { method, url: `${this.#url}${path}${query.size ? `?${query}` : ""}`, headers };
    if (body === undefined) return exchange;
    headers["Content-Type"] = "application/json";
    return { ...exchange, body: JSON.stringify(body) };
  }

  async #sent({ url, ...request }: Exchange): Promise<Response> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new Error("It took too long.")), this.#timeout * 1000);
    try {
      const answer = await reaching(() => this.#fetch(url, { ...request, signal: patience.signal }));
      if (answer.ok) return answer;
      throw new Problem(answer, await reaching(() => answer.text()));
    } finally {
      clearTimeout(timer);
    }
  }
}

function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}

async function reaching<T>(exchange: () => Promise<T>): Promise<T> {
  try {
    return await exchange();
  } catch (cause) {
    throw new Unreachable("Confab did not answer, or its answer broke off.", { cause });
  }
}

/** Returns the seconds until a request that failed may be sent again, or null if that does not help. */
function pauseAfter(failure: ConfabError, attempt: number): number | null {
  if (failure instanceof Problem) {
    if (!BUSY.includes(failure.status) && failure.retryAfter === null) return null;
    if (failure.retryAfter !== null) return failure.retryAfter <= LONGEST_PAUSE_SECONDS ? failure.retryAfter : null;
  } else if (failure.cause === undefined) {
    return null;
  }
  return Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS) + Math.random() / 2;
}
