import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import { transformationsMax } from "../../domain/model/limits.ts";
import type { Transformation } from "../../domain/model/transformation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { TransformationStore } from "../../ports/transformation-store.ts";

/** Opens what integrations change about events, for as long as the process lives. */
export function openMemoryTransformationStore(options: {
  readonly clock: Pick<Clock, "nowMs">;
  /** Whether the integration is the organisation's own. */
  readonly hasIntegration: (orgId: string, integrationId: string) => Promise<boolean>;
}): TransformationStore {
  const { clock, hasIntegration } = options;
  const kept = new Map<string, Transformation>();

  function ownOf(orgId: string, id: string): Result<Transformation> {
    const own = kept.get(id);
    return own?.orgId === orgId ? succeed(own) : fail("not_found", { retry: "never" });
  }

  function of(orgId: string, integrationId: string | null): Transformation[] {
    return [...kept.values()]
      .filter((one) => one.orgId === orgId && (integrationId === null || one.integrationId === integrationId))
      .sort((a, b) => compare(a.integrationId, b.integrationId) || a.position - b.position);
  }

  return {
    list: async (orgId, integrationId) => succeed(of(orgId, integrationId)),
    find: async (orgId, id) => ownOf(orgId, id),
    async create(by, made) {
      const { orgId, memberId } = by;
      if (!(await hasIntegration(orgId, made.integrationId))) return fail("not_found", { retry: "never" });
      if (of(orgId, made.integrationId).length >= transformationsMax) return fail("too_many", { retry: "never" });
      const created = { ...made, orgId, version: 1, updatedAtMs: clock.nowMs(), updatedBy: memberId };
      kept.set(made.id, created);
      return succeed(created);
    },
    async change(by, id, words, expectedVersion) {
      const before = ownOf(by.orgId, id);
      if (!before.ok) return before;
      const { version } = before.value;
      if (expectedVersion !== null && expectedVersion !== version) return fail("version_conflict", { retry: "never" });
      const stamp = { version: version + 1, updatedAtMs: clock.nowMs(), updatedBy: by.memberId };
      const changed = { ...before.value, ...words, ...stamp };
      kept.set(id, changed);
      return succeed(changed);
    },
    async remove(by, id, expectedVersion) {
      const before = ownOf(by.orgId, id);
      if (!before.ok) return before;
      const isStale = expectedVersion !== null && expectedVersion !== before.value.version;
      if (isStale) return fail("version_conflict", { retry: "never" });
      kept.delete(id);
      return succeed(undefined);
    },
  };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
