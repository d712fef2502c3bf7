import { succeed } from "../../domain/model/failure.ts";
import {
  type CountedFault,
  type FaultOverview,
  keptFaultsMax,
  type ScriptFaultStore,
} from "../../ports/script-fault-store.ts";

/** Opens faults of custom JavaScript, kept for as long as the process lives. */
export function openMemoryScriptFaultStore(): ScriptFaultStore {
  const kept = new Map<string, FaultOverview>();
  const none: FaultOverview = { faults: [], pausedUntilMs: null };

  return {
    async add(reports) {
      for (const { orgId, faults, pausedUntilMs } of reports) {
        const before = kept.get(orgId) ?? none;
        const untilMs = Math.max(before.pausedUntilMs ?? 0, pausedUntilMs ?? 0);
        kept.set(orgId, { faults: joined(before.faults, faults), pausedUntilMs: untilMs === 0 ? null : untilMs });
      }
      return succeed(undefined);
    },
    overview: async (orgId) => succeed(kept.get(orgId) ?? none),
  };
}

function joined(before: readonly CountedFault[], added: readonly CountedFault[]): CountedFault[] {
  const faults = new Map(before.map((fault) => [keyOf(fault), fault]));
  for (const fault of added) {
    const known = faults.get(keyOf(fault)) ?? { ...fault, count: 0 };
    faults.set(keyOf(fault), {
      ...fault,
      count: known.count + fault.count,
      firstAtMs: Math.min(known.firstAtMs, fault.firstAtMs),
      lastAtMs: Math.max(known.lastAtMs, fault.lastAtMs),
    });
  }
  return [...faults.values()].sort((a, b) => b.lastAtMs - a.lastAtMs).slice(0, keptFaultsMax);
}

function keyOf({ version, fault, line }: CountedFault): string {
  return `${version} ${fault} ${line}`;
}
