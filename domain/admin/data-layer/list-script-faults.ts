import type { Clock } from "../../../ports/clock.ts";
import type { ScriptFault } from "../../../ports/sandbox.ts";
import type { CountedFault, ScriptFaultStore } from "../../../ports/script-fault-store.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted } from "../refusal.ts";

/** Faults of custom JavaScript that are alike: what kind, on which line of which version, how often and when. */
export interface ShownScriptFault {
  readonly kind: ScriptFault;
  readonly line: number | null;
  readonly count: number;
  readonly version: number;
  readonly first_at: string;
  readonly last_at: string;
}

export interface ShownScriptFaults {
  /** Newest first; bounded. */
  readonly items: readonly ShownScriptFault[];
  /** Null while scripts run. */
  readonly paused_until: string | null;
}

/** Makes the use case that shows what fails in an organisation's custom JavaScript; viewers may. */
export function createListScriptFaults(parts: {
  readonly scriptFaults: Pick<ScriptFaultStore, "overview">;
  readonly clock: Pick<Clock, "nowMs">;
}) {
  return async function listScriptFaults(by: Principal): Promise<AdminResult<ShownScriptFaults>> {
    const found = await parts.scriptFaults.overview(by.orgId);
    if (!found.ok) return failed(found.failure);
    const { faults, pausedUntilMs } = found.value;
    const isPaused = pausedUntilMs !== null && pausedUntilMs > parts.clock.nowMs();
    return granted({ items: faults.map(show), paused_until: isPaused ? moment(pausedUntilMs) : null });
  };
}

function show({ fault, line, count, version, firstAtMs, lastAtMs }: CountedFault): ShownScriptFault {
  return { kind: fault, line, count, version, first_at: moment(firstAtMs), last_at: moment(lastAtMs) };
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
