import type { JsonObject } from "../json.ts";
import { type Brand, commitBatch, type Reaction, strikeAfter, strikeBefore, type VendorApi } from "../vendor.ts";
import { checkEntry, readPath, readToken } from "./access.ts";
import { acceptedAnswer, invalidParameter, type Refusal, refusedAnswer, unsupportedMethod } from "./answers.ts";
import { openAppNames } from "./app-names.ts";
import { checkBatch } from "./check-batch.ts";
import { dedupWindowMs, hashedUserKeys, installDedupWindowMs, installEventName } from "./contract.ts";
import { answerInstead, dressAnswer, type Fault, faultNames } from "./faults.ts";
import { readParameters } from "./request-body.ts";
import type { Strictness } from "./rules.ts";

const versionPlace = /\.extinfo\[|\.custom_data\.\w*version$/;

export type MetaOptions = { strictness: Strictness; now: () => number };

/** Meta's own part of the simulator: whom it lets in, what it asks of a batch, and how it answers. */
export function metaBrand(options: MetaOptions): Brand<Fault> {
  return {
    faultNames,
    dedup: {
      nameKey: "event_name",
      windowMs: (name) => (name === installEventName ? installDedupWindowMs : dedupWindowMs),
    },
    personal: { userKey: "user_data", hashedKeys: hashedUserKeys, addressFreePlace: versionPlace },
    parse: ({ headers, body }) => readParameters(headers["content-type"] ?? "", body),
    open: (api) => openMetaApi(api, options),
  };
}

function openMetaApi(api: VendorApi<Fault>, { strictness, now }: MetaOptions): ReturnType<Brand<Fault>["open"]> {
  const appNames = openAppNames();
  const { counts, access, faults } = api;

  return (request, parameters) => {
    const traceId = writtenTrace(api.nextTrace());
    const refuse = (refusal: Refusal): Reaction => {
      counts.refusals += 1;
      counts.rejected += eventsIn(parameters);
      return { afterMs: 0, answer: refusedAnswer(refusal, traceId) };
    };
    const url = new URL(request.url, "http://simulator.invalid");
    const destined = readPath(url.pathname);
    if (!destined.ok) return refuse(destined.refusal);
    const { dataset } = destined;
    if (request.method !== "POST") return refuse(unsupportedMethod());
    const query = url.searchParams.get("access_token");
    if (query !== null) counts.tokenInUrl += 1;
    const authorization = request.headers["authorization"];
    const token = readToken({ authorization, parameter: parameters?.["access_token"], query });
    const denied = checkEntry(access, token, dataset);
    if (denied !== null) return refuse(denied);
    const strike = faults.next(dataset);
    if (strike !== null) counts.faulted += 1;
    const struck = strikeBefore(strike, strike && answerInstead(strike, dataset, traceId));
    if (struck !== null) return struck;
    if (parameters === null) return refuse(invalidParameter("Unreadable Body"));
    const nowMs = now();
    const verdict = checkBatch(parameters, { nowMs, strictness, admitsAppName: appNames.gate(dataset) });
    if (!verdict.ok) return refuse(verdict.refusal);
    const { events, messages, isTest } = verdict;
    appNames.note(dataset, events);
    commitBatch(api, { target: dataset, events, isTest, nowMs });
    return strikeAfter(strike, dressAnswer(acceptedAnswer(events.length, messages, traceId), strike, dataset));
  };
}

function eventsIn(parameters: JsonObject | null): number {
  const data = parameters?.["data"];
  return Array.isArray(data) ? data.length : 0;
}

/** Looks like Meta's. */
function writtenTrace(trace: number): string {
  return `A${trace.toString(36).padStart(22, "0")}`;
}
