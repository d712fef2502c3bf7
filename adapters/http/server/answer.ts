import { writeExact } from "../../../domain/model/json/exact-json.ts";

/** What a route answers; `call.ts` turns it into a Response and adds what every answer carries. */
export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  readonly headers: Readonly<Record<string, string>>;
  /** `ok` or an error's code: for metrics. */
  readonly code: string;
}

/** A JSON answer. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = writeExact(value);
  return { status, body, headers: { "content-type": "application/json; charset=utf-8", ...headers }, code: "ok" };
}

/** A plain answer of another kind. */
export function plainAnswer(status: number, body: Answer["body"], headers: Readonly<Record<string, string>>): Answer {
  return { status, body, headers, code: "ok" };
}
