import type { Clock } from "../../ports/clock.ts";

/** What comes of what was asked, or `late` once that has taken too long: what it comes to later, nobody hears. */
export async function inTime<T>(clock: Pick<Clock, "sleep">, msMax: number, asked: Promise<T>, late: T): Promise<T> {
  const answered = new AbortController();
  const overdue = clock.sleep(msMax, answered.signal).then(() => late);
  return Promise.race([asked, overdue]).finally(() => answered.abort());
}
