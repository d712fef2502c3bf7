import { type Failure, fail, type Result, succeed } from "../../domain/model/failure.ts";

/** What Postgres said, as its five characters; null if the error did not come from the server. */
export function sqlStateOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Data exceptions, broken constraints and values too large for an index: the same rows would be refused again. */
const refusalClasses: readonly string[] = ["22", "23", "54"];

/** True if the server refused the data itself, so that other data may well pass. */
export function isRefusal(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== null && refusalClasses.includes(state.slice(0, 2));
}

/** A page or a file of the database that is not as it was written, or that the disk can't read. */
export function isStoreDamage(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== null && (state.startsWith("XX") || state === "58030" || state === "58P01");
}

const diskFull = "53100";

/** A deadlock or a serialization failure: the same transaction will pass when it is run again. */
export function isCollision(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith("40") ?? false;
}

/**
 * What a failed transaction means for the caller. Only the code travels: messages of Postgres quote values.
 *
 * `effect` is unknown where the connection broke, because the commit may have got through.
 */
export function failureOf(error: unknown): Failure {
  const state = sqlStateOf(error);
  if (error instanceof NotApplied) return { code: error.code, retry: "never", effect: "none" };
  if (isRefusal(error)) return { code: `store_refused_${state}`, retry: "never", effect: "none", cause: error };
  if (isStoreDamage(error)) return { code: `store_damaged_${state}`, retry: "backoff", effect: "none", cause: error };
  if (state === diskFull) return { code: "store_disk_full", retry: "backoff", effect: "none", cause: error };
  return { code: "store_unavailable", retry: "backoff", effect: state === null ? "unknown" : "none", cause: error };
}

/** Ends a transaction with a code of ours, its changes undone. */
export class NotApplied extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Runs a piece of work that may throw, as a `Result`. Errors that are not the database's own go on flying. */
export async function attempt<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return succeed(await work());
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    const { code, ...rest } = failureOf(error);
    return fail(code, rest);
  }
}

/** Errors of the server, of the socket and of `pg`'s own connection handling; a bug of ours is none of them. */
function isDatabaseError(error: unknown): boolean {
  if (error instanceof NotApplied || sqlStateOf(error) !== null) return true;
  if (!(error instanceof Error) || error.name === "BrokenInvariant") return false;
  if (typeof (error as { code?: unknown }).code === "string") return true;
  return /connection|timeout|terminated|pool|socket|client/i.test(error.message);
}

/** No partition takes the row: a broken check without a constraint's name. */
export function isMissingPartition(error: unknown): boolean {
  return sqlStateOf(error) === "23514" && !(error as { constraint?: string }).constraint;
}
