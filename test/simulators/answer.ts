/** What goes back over the connection. */
export type Answer = { status: number; headers: Record<string, string>; body: string };

/** An answer as vendors write theirs. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json; charset=UTF-8" }, body: JSON.stringify(value) };
}

/** What a proxy in front of a vendor says when the vendor is not there. */
export function htmlAnswer(): Answer {
  const body = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Sorry</h1></body></html>";
  return { status: 502, headers: { "content-type": "text/html; charset=utf-8" }, body };
}
