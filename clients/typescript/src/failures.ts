/** The request brought no answer that can be used. */
export class ConfabError extends Error {
  override name = "ConfabError";
}

/** Nobody answered at the address, the answer broke off, or it was not Confab's. */
export class Unreachable extends ConfabError {
  override name = "Unreachable";
}

/** Confab refused or failed: problem details of RFC 9457. `code` says what it is, and stays the same. */
export class Problem extends ConfabError {
  override name = "Problem";
  readonly status: number;
  readonly code: string;
  /** The reason, and the way out. */
  readonly detail: string;
  /** The reasons for each parameter or field. */
  readonly errors: Record<string, unknown>;
  /** Seconds; null where the answer does not say. */
  readonly retryAfter: number | null;

  constructor(answer: Response, text: string) {
    const said = objectIn(text);
    const detail = typeof said["detail"] === "string" ? said["detail"] : `${answer.status} ${answer.statusText}`;
    const errors = said["errors"];
    const named = typeof errors === "object" && errors !== null ? (errors as Record<string, unknown>) : {};
    super([detail, ...Object.entries(named).map(([name, reasons]) => `${name}: ${joined(reasons)}`)].join("\n"));
    const seconds = answer.headers.get("Retry-After") ?? "";
    this.status = answer.status;
    this.code = typeof said["code"] === "string" ? said["code"] : "other";
    this.detail = detail;
    this.errors = named;
    this.retryAfter = /^[0-9]+$/.test(seconds) ? Number(seconds) : null;
  }
}

/** Returns the object that an answer says; it may come from a proxy on the way. */
function objectIn(text: string): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function joined(reasons: unknown): string {
  return Array.isArray(reasons) ? reasons.join(" ") : typeof reasons === "string" ? reasons : JSON.stringify(reasons);
}
