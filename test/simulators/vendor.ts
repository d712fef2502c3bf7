import { type Access, openAccess, type Target } from "./access.ts";
import type { Answer } from "./answer.ts";
import { type Finding, findClearPii, type PersonalPlaces } from "./clear-pii.ts";
import { type FaultQueue, openFaultQueue, type Strike } from "./fault-queue.ts";
import type { JsonObject } from "./json.ts";
import { type Counts, type DedupRule, type Ledger, noCounts, openLedger } from "./ledger.ts";

/** One request as it came in. */
export type ReceivedRequest = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  receivedAtMs: number;
};

/** What the connection does next: answer after a while, or break. */
export type Reaction = { afterMs: number; answer: Answer | null };

/** What a vendor of any brand works with; `state` begins anew with each reset. */
export type VendorApi<F extends string> = {
  access: Access;
  faults: FaultQueue<F>;
  ledger: Ledger;
  counts: Counts;
  /** Counts up from 1, so that runs compare. */
  nextTrace: () => number;
};

/** What makes one vendor differ from another. */
export type Brand<F extends string> = {
  faultNames: readonly F[];
  dedup: DedupRule;
  personal: PersonalPlaces;
  /** What a request says; null where it says nothing readable. */
  parse: (request: ReceivedRequest) => Promise<JsonObject | null>;
  /** Begins with nothing remembered. Returns what judges requests in the order of the documented checks. */
  open: (api: VendorApi<F>) => (request: ReceivedRequest, parameters: JsonObject | null) => Reaction;
};

export type Vendor<F extends string> = {
  receive: (request: ReceivedRequest) => Promise<Reaction>;
  faultNames: readonly F[];
  access: Access;
  faults: FaultQueue<F>;
  counts: () => Counts;
  findings: () => Finding[];
  requests: () => ReceivedRequest[];
  effectiveEvents: (target?: string) => JsonObject[];
  reset: () => void;
};

const recordedRequestsMax = 20_000;

type State = { ledger: Ledger; counts: Counts; findings: Finding[]; requests: ReceivedRequest[] };

/** The vendor itself, apart from its connections: records every request, and lets the brand judge it. */
export function openVendor<F extends string>(
  brand: Brand<F>,
  options: { targets?: readonly Target[]; recordRequests: boolean },
): Vendor<F> {
  const access = openAccess(options.targets);
  const faults = openFaultQueue<F>();
  let state: State;
  let react: ReturnType<Brand<F>["open"]>;

  const begin = () => {
    let traces = 0;
    state = { ledger: openLedger(brand.dedup), counts: noCounts(), findings: [], requests: [] };
    const { ledger, counts } = state;
    react = brand.open({ access, faults, ledger, counts, nextTrace: () => ++traces });
  };
  begin();

  return {
    receive: async (request) => {
      const parameters = await brand.parse(request);
      record(state, brand.personal, request, parameters, options.recordRequests);
      return react(request, parameters);
    },
    faultNames: brand.faultNames,
    access,
    faults,
    counts: () => ({ ...state.counts }),
    findings: () => [...state.findings],
    requests: () => [...state.requests],
    effectiveEvents: (target) => state.ledger.effective(target),
    reset: () => {
      begin();
      faults.clear();
      access.reset();
    },
  };
}

/**
 * What a fault does to a request before it is judged: an answer of another's making, or a broken connection.
 *
 * Null where the request goes on.
 */
export function strikeBefore<F extends string>(strike: Strike<F> | null, instead: Answer | null): Reaction | null {
  if (strike === null) return null;
  if (instead !== null) return { afterMs: strike.afterMs, answer: instead };
  return strike.fault === "resetBeforeCommit" ? { afterMs: strike.afterMs, answer: null } : null;
}

/** What a fault does to an answer after its batch took effect. */
export function strikeAfter<F extends string>(strike: Strike<F> | null, answer: Answer): Reaction {
  const isLost = strike?.fault === "answerLostAfterCommit";
  return { afterMs: strike?.afterMs ?? 0, answer: isLost ? null : answer };
}

/** Takes a good batch into the ledger and the counts. */
export function commitBatch<F extends string>(
  { ledger, counts }: VendorApi<F>,
  batch: { target: string; events: readonly JsonObject[]; isTest: boolean; nowMs: number },
): void {
  const { effective, duplicates } = ledger.commit(batch);
  counts.received += batch.events.length;
  counts.effective += effective;
  counts.duplicates += duplicates;
  if (batch.isTest) counts.test += effective;
}

function record(
  { counts, requests, findings }: State,
  personal: PersonalPlaces,
  request: ReceivedRequest,
  parameters: JsonObject | null,
  keep: boolean,
): void {
  const text = new TextDecoder().decode(request.body);
  const { url, headers } = request;
  const found = findClearPii(counts.requests, personal, { url, headers, text, parameters: parameters ?? undefined });
  counts.requests += 1;
  findings.push(...found);
  counts.clearIp += found.filter(({ kind }) => kind === "ip").length;
  counts.clearPii += found.filter(({ kind }) => kind !== "ip").length;
  if (!keep) return;
  requests.push(request);
  if (requests.length <= recordedRequestsMax) return;
  requests.shift();
  counts.forgotten += 1;
}
