import { createHash, randomUUID } from "node:crypto";
import type { WaitingToken } from "../../adapters/memory/attribution-store.ts";
import { tokenLifeMs } from "../../domain/model/attribution.ts";
import type { SealedSecret } from "../../domain/model/tenant.ts";
import { receivedAtMs } from "./events/records.ts";

/** A token that waits, as an event brought it. */
export function newAttribution(rest: Partial<WaitingToken> = {}): WaitingToken {
  const receivedMs = rest.receivedAtMs ?? receivedAtMs;
  const madeAtMs = rest.madeAtMs ?? receivedMs - 1_000;
  return {
    id: randomUUID(),
    orgId: randomUUID(),
    projectId: randomUUID(),
    sourceId: randomUUID(),
    appId: "app",
    eventId: randomUUID(),
    anonymousId: "install-1",
    userId: null,
    state: "pending",
    code: null,
    development: false,
    campaign: null,
    attempts: 0,
    madeAtMs,
    expiresAtMs: madeAtMs + tokenLifeMs,
    receivedAtMs: receivedMs,
    dueAtMs: receivedMs,
    settledAtMs: null,
    sha256: createHash("sha256").update(randomUUID()).digest("hex"),
    sealed: "v1.01234567.sealed" as SealedSecret,
    isDenied: false,
    ...rest,
  };
}
