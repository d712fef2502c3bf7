import type { FloodReport } from "./flood.ts";
import type { GrowthReport } from "./growth.ts";
import type { StoreLimits } from "./limits/store-limits.ts";
import type { AcknowledgedReport, CpuPerEvent, StoredReport } from "./phases.ts";
import type { RelayedReport } from "./relayed.ts";

/** The figures that promises are held against; null where a phase was left out. */
export interface Headline {
  readonly single_ratio_to_limit: number | null;
  readonly batch100_ratio_to_limit: number | null;
  readonly stored_ratio_to_replay: number | null;
  readonly stored_ratio_to_copy: number | null;
  readonly single_stored_per_acked: number | null;
  readonly end_to_end_per_second: number | null;
  readonly single_end_to_end_per_second: number | null;
  readonly cpu_us_per_event: CpuPerEvent | null;
}

/** What was measured of one revision. */
export interface Measured {
  readonly commit: string;
  readonly acknowledged: readonly AcknowledgedReport[];
  readonly store_limits: StoreLimits | null;
  readonly stored: readonly StoredReport[];
  readonly relayed: RelayedReport | null;
  readonly growth: GrowthReport | null;
  readonly flood: FloodReport | null;
  readonly disk_bytes_per_event: number | null;
}

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memory_gib: number;
  readonly system: string;
  /** Load of the last minute when the run began: what else the machine was doing. */
  readonly load_at_start: number;
}

export interface ThroughputReport extends Headline {
  readonly part: "throughput";
  readonly date: string;
  readonly machine: Machine;
  readonly versions: { readonly tidegate: string; readonly bun: string; readonly postgres: string };
  readonly seed: number;
  readonly rules: number;
  readonly custom_js: boolean;
  readonly is_short: boolean;
  /** Acknowledged events that kills lost or doubled, of all phases: there must be none. */
  readonly kills: number;
  readonly lost: number;
  readonly doubled: number;
  readonly measured: Measured;
  /** Another revision in the same run, and the processor time of worker and Postgres per stored event against its. */
  readonly against: { readonly measured: Measured; readonly stored_cost_ratio: number | null } | null;
}

export function headlineOf({ acknowledged, stored, store_limits: limits }: Measured): Headline {
  const acked = (grouping: string) => acknowledged.find((report) => report.grouping === grouping);
  const batches = stored.find(({ grouping }) => grouping === "100");
  const single = stored.find(({ grouping }) => grouping === "single");
  const cpu = batches?.cpu_us_per_event ?? null;
  const ratio = (part: number | undefined, whole: number | undefined) =>
    part === undefined || !whole ? null : Number((part / whole).toFixed(3));
  return {
    single_ratio_to_limit: acked("single")?.ratio_to_limit ?? null,
    batch100_ratio_to_limit: acked("100")?.ratio_to_limit ?? null,
    stored_ratio_to_replay: ratio(limits?.replay_us, cpu?.postgres),
    stored_ratio_to_copy: ratio(limits?.copy_json_us, cpu ? cpu.postgres + cpu.worker : undefined),
    single_stored_per_acked: acked("single")?.stored_per_acked ?? null,
    end_to_end_per_second: batches?.stored_per_second ?? null,
    single_end_to_end_per_second: single?.stored_per_second ?? null,
    cpu_us_per_event: cpu,
  };
}

/** Worker and Postgres together, per stored event. Units: microseconds. */
export function storedCostOf(measured: Measured): number | null {
  const cpu = measured.stored.find(({ grouping }) => grouping === "100")?.cpu_us_per_event;
  return cpu ? cpu.worker + cpu.postgres : null;
}

/** What kills lost and doubled, of all phases. */
export function killsOf({ acknowledged, stored, relayed, growth, flood }: Measured) {
  const grown = growth?.cases.map((one) => one.stored) ?? [];
  const phases = [...acknowledged, ...stored, ...grown, ...[relayed, flood].filter((phase) => phase !== null)];
  return phases.map(({ kill }) => kill);
}
