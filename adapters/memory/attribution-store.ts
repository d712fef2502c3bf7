import { fail, succeed } from "../../domain/model/failure.ts";
import type { SealedSecret } from "../../domain/model/tenant.ts";
import type { AttributionStore, ClaimedToken, StoredAttribution } from "../../ports/attribution-store.ts";

/** A token as the store would have it from an event. */
export interface WaitingToken extends StoredAttribution {
  readonly sha256: string;
  readonly sealed: SealedSecret;
  readonly isDenied: boolean;
}

export interface MemoryAttributionStore extends AttributionStore {
  add(token: WaitingToken): void;
}

type Kept = Omit<WaitingToken, "sealed"> & {
  readonly sealed: SealedSecret | null;
  readonly notFound: number;
  readonly claimId: string | null;
};

/** Opens tokens and their attributions, for as long as the process lives. */
export function openMemoryAttributionStore(): MemoryAttributionStore {
  const kept = new Map<string, Kept>();
  let claims = 0;

  const claim: AttributionStore["claim"] = async ({ tokensMax, leaseMs, nowMs }) => {
    claims += 1;
    const id = `claim ${claims}`;
    const leaseUntilMs = nowMs + leaseMs;
    const due = [...kept.values()]
      .filter(({ dueAtMs }) => dueAtMs !== null && dueAtMs <= nowMs)
      .sort((a, b) => (a.dueAtMs as number) - (b.dueAtMs as number))
      .slice(0, tokensMax);
    for (const token of due) kept.set(token.id, { ...token, dueAtMs: leaseUntilMs, claimId: id });
    return succeed({ id, tokens: due.map(claimed), leaseUntilMs });
  };

  const settle: AttributionStore["settle"] = async (settled, steps, nowMs) => {
    for (const [id, step] of steps) {
      const token = kept.get(id);
      if (!token || token.claimId !== settled.id) continue;
      const isFinal = step.dueAtMs === null;
      const end = { claimId: null, settledAtMs: isFinal ? nowMs : null, sealed: isFinal ? null : token.sealed };
      kept.set(id, { ...token, ...step, ...end });
    }
    return succeed(undefined);
  };

  return {
    claim,
    settle,
    async list(orgId, { projectId, state, anonymousId, limit }) {
      const items = [...kept.values()]
        .filter((one) => one.orgId === orgId)
        .filter((one) => projectId === undefined || one.projectId === projectId)
        .filter((one) => state === undefined || one.state === state)
        .filter((one) => anonymousId === undefined || one.anonymousId === anonymousId);
      return succeed({ items: items.slice(0, limit), nextCursor: null });
    },
    async find(orgId, id) {
      const found = kept.get(id);
      return found?.orgId === orgId ? succeed(found) : fail("not_found", { retry: "never" });
    },
    awaitWork: async () => undefined,
    add: (token) => void kept.set(token.id, { ...token, notFound: 0, claimId: null }),
  };
}

function claimed(kept: Kept): ClaimedToken {
  const { id, orgId, sha256, attempts, notFound, expiresAtMs, receivedAtMs, isDenied } = kept;
  const sealed = kept.sealed as SealedSecret;
  return { id, orgId, sha256, sealed, attempts, notFound, expiresAtMs, receivedAtMs, isDenied };
}
