import type { Clock } from "../../../ports/clock.ts";
import type { RelayRule } from "../../../ports/event-store.ts";
import type { EventStream } from "../../../ports/event-stream.ts";
import type { SessionStore } from "../../../ports/session-store.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";

export interface SweepParts {
  readonly sessions: SessionStore;
  readonly stream: Pick<EventStream, "state">;
  readonly relays: RelayRule;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const sweepEveryMs = 2_000;
/** What was received a moment ago may not have been appended yet. */
const appendSlackMs = 5_000;
const sweepSessionsMax = 500;

/**
 * Makes the loop that ends sessions whose visitors have left.
 *
 * What waits in the stream may belong to a session. So a session is due only if it was before the oldest record there
 * was received: however long processing stood still, no session ends before its events have been processed.
 */
export function createSweepSessions(parts: SweepParts) {
  /** Ends what is due now. Shape: false if the store could not be reached. */
  async function sweep(): Promise<boolean> {
    for (;;) {
      const nowMs = parts.clock.nowMs();
      const { oldestAgeMs } = await parts.stream.state();
      const dueBeforeMs = nowMs - oldestAgeMs - appendSlackMs;
      const bounds = { dueBeforeMs, nowMs, sessionsMax: sweepSessionsMax };
      const swept = await parts.sessions.endDue(bounds, parts.relays);
      if (!swept.ok) {
        parts.telemetry.log("warn", "sessions were not swept, trying again", { code: word(swept.failure.code) });
        return false;
      }
      if (swept.value.ended > 0) parts.telemetry.count("sessions_ended_total", swept.value.ended);
      if (swept.value.looked < sweepSessionsMax) return true;
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sweep();
      await parts.clock.sleep(sweepEveryMs, signal);
    }
  }

  return { sweep, run };
}
