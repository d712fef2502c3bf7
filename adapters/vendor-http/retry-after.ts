const secondMs = 1_000;

/** How long a `Retry-After` header asks to be left alone; 0 without one. Shape: seconds, or a date. */
export function retryAfterMs(headers: Headers, nowMs: number): number {
  const value = headers.get("retry-after");
  if (value === null) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * secondMs;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

/** No vendor is left alone for longer than this, whatever it asks for. */
export const retryAfterMsMax: number = 24 * 3_600 * secondMs;
