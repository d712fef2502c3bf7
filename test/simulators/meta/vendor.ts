import { type Access, type Dataset, openAccess, readPath, readToken } from "./access.ts";
import {
  type Answer,
  acceptedAnswer,
  invalidParameter,
  type Refusal,
  refusedAnswer,
  unsupportedMethod,
} from "./answers.ts";
import { checkBatch } from "./check-batch.ts";
import { type Finding, findClearPii } from "./clear-pii.ts";
import { answerInstead, dressAnswer, type Faults, openFaults, type Strike } from "./faults.ts";
import { type Counts, type Ledger, noCounts, openLedger } from "./ledger.ts";
import { readParameters } from "./request-body.ts";
import type { JsonObject, Strictness } from "./rules.ts";

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

export type Vendor = {
  receive: (request: ReceivedRequest) => Promise<Reaction>;
  access: Access;
  faults: Faults;
  counts: () => Counts;
  findings: () => Finding[];
  requests: () => ReceivedRequest[];
  effectiveEvents: (dataset?: string) => JsonObject[];
  reset: () => void;
};

export type VendorOptions = {
  datasets?: Dataset[];
  strictness: Strictness;
  now: () => number;
  recordRequests: boolean;
};

const recordedRequestsMax = 20_000;

type State = {
  ledger: Ledger;
  counts: Counts;
  findings: Finding[];
  requests: ReceivedRequest[];
  traces: number;
};

function freshState(): State {
  return { ledger: openLedger(), counts: noCounts(), findings: [], requests: [], traces: 0 };
}

/** The vendor itself, apart from its connections: judges requests in the order of the documented checks. */
export function openVendor(options: VendorOptions): Vendor {
  const access = openAccess(options.datasets);
  const faults = openFaults();
  let state = freshState();

  const receive = async (request: ReceivedRequest): Promise<Reaction> => {
    const parameters = await readParameters(request.headers["content-type"] ?? "", request.body);
    record(state, request, parameters, options.recordRequests);
    return react(request, parameters);
  };

  const react = (request: ReceivedRequest, parameters: JsonObject | null): Reaction => {
    const traceId = nextTraceId(state);
    const refuse = (refusal: Refusal): Reaction => {
      state.counts.refusals += 1;
      state.counts.rejected += Array.isArray(parameters?.["data"]) ? parameters["data"].length : 0;
      return { afterMs: 0, answer: refusedAnswer(refusal, traceId) };
    };
    const url = new URL(request.url, "http://simulator.invalid");
    const target = readPath(url.pathname);
    if (!target.ok) return refuse(target.refusal);
    if (request.method !== "POST") return refuse(unsupportedMethod());
    const query = url.searchParams.get("access_token");
    if (query !== null) state.counts.tokenInUrl += 1;
    const authorization = request.headers["authorization"];
    const token = readToken({ authorization, parameter: parameters?.["access_token"], query });
    const denied = access.check(token, target.dataset);
    if (denied !== null) return refuse(denied);
    const strike = faults.next(target.dataset);
    if (strike !== null) state.counts.faulted += 1;
    const instead = strike === null ? null : answerInstead(strike, target.dataset, traceId);
    if (strike !== null && instead !== null) return { afterMs: strike.afterMs, answer: instead };
    if (strike?.fault === "resetBeforeCommit") return { afterMs: strike.afterMs, answer: null };
    if (parameters === null) return refuse(invalidParameter("Unreadable Body"));
    return judge({ state, options, dataset: target.dataset, parameters, strike, traceId, refuse });
  };

  return {
    receive,
    access,
    faults,
    counts: () => ({ ...state.counts }),
    findings: () => [...state.findings],
    requests: () => [...state.requests],
    effectiveEvents: (dataset) => state.ledger.effective(dataset),
    reset: () => {
      state = freshState();
      faults.clear();
      access.reset();
    },
  };
}

type Admitted = {
  state: State;
  options: VendorOptions;
  dataset: string;
  parameters: JsonObject;
  strike: Strike | null;
  traceId: string;
  refuse: (refusal: Refusal) => Reaction;
};

/** Checks and commits a batch in one go; what a fault does to its answer comes after. */
function judge({ state, options, dataset, parameters, strike, traceId, refuse }: Admitted): Reaction {
  const nowMs = options.now();
  const { strictness } = options;
  const verdict = checkBatch(parameters, { nowMs, strictness, admitsAppName: state.ledger.appNameGate(dataset) });
  if (!verdict.ok) return refuse(verdict.refusal);
  const { effective, duplicates } = state.ledger.commit({ dataset, events: verdict.events, nowMs });
  state.counts.received += verdict.events.length;
  state.counts.effective += effective;
  state.counts.duplicates += duplicates;
  if (verdict.isTest) state.counts.test += effective;
  const afterMs = strike?.afterMs ?? 0;
  if (strike?.fault === "answerLostAfterCommit") return { afterMs, answer: null };
  const answer = acceptedAnswer(verdict.events.length, verdict.messages, traceId);
  return { afterMs, answer: dressAnswer(answer, strike, dataset) };
}

function record(state: State, request: ReceivedRequest, parameters: JsonObject | null, keep: boolean): void {
  const { counts, requests } = state;
  const text = new TextDecoder().decode(request.body);
  const { url, headers } = request;
  const found = findClearPii(counts.requests, { url, headers, text, parameters: parameters ?? undefined });
  counts.requests += 1;
  state.findings.push(...found);
  counts.clearIp += found.filter(({ kind }) => kind === "ip").length;
  counts.clearPii += found.filter(({ kind }) => kind !== "ip").length;
  if (!keep) return;
  requests.push(request);
  if (requests.length <= recordedRequestsMax) return;
  requests.shift();
  counts.forgotten += 1;
}

/** Looks like Meta's, but counts up, so that runs compare. */
function nextTraceId(state: State): string {
  state.traces += 1;
  return `A${state.traces.toString(36).padStart(22, "0")}`;
}
