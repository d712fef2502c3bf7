import type { Entry } from "../access.ts";
import { isObject, type JsonObject, parsed } from "../json.ts";
import { openRequestBucket } from "../request-bucket.ts";
import {
  type Brand,
  commitBatch,
  type Reaction,
  type ReceivedRequest,
  strikeAfter,
  strikeBefore,
  type VendorApi,
} from "../vendor.ts";
import {
  accepted,
  badToken,
  envelope,
  expiredToken,
  noPermission,
  noToken,
  partlyAccepted,
  type Refusal,
  tooManyRequests,
  unknownRoute,
  unreadableBody,
} from "./answers.ts";
import { checkEvents, checkTop, readAddress } from "./check-batch.ts";
import { dedupWindowMs, hashedUserKeys, trackPath } from "./contract.ts";
import { answerInstead, type Fault, faultNames } from "./faults.ts";

export type TiktokOptions = { strict: boolean; partial: boolean; requestsPerSecondMax: number; now: () => number };

/** TikTok's own part of the simulator: whom it lets in, what it asks of a batch, and how it answers. */
export function tiktokBrand(options: TiktokOptions): Brand<Fault> {
  return {
    faultNames,
    dedup: { nameKey: "event", windowMs: () => dedupWindowMs },
    personal: { userKey: "user", hashedKeys: hashedUserKeys, addressFreePlace: /\.app_version$/ },
    parse: async (request) => readBody(request),
    open: (api) => openTiktokApi(api, options),
  };
}

function readBody({ headers, body }: ReceivedRequest): JsonObject | null {
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  const value = type === "application/json" ? parsed(new TextDecoder().decode(body)) : null;
  return isObject(value) ? value : null;
}

function openTiktokApi(api: VendorApi<Fault>, options: TiktokOptions): ReturnType<Brand<Fault>["open"]> {
  const { counts, access, faults } = api;
  const { strict, partial, now } = options;
  const letIn = openRequestBucket(options.requestsPerSecondMax);

  return (request, parameters) => {
    const requestId = writtenTrace(api.nextTrace());
    const refuse = (refusal: Refusal, rejected = eventsIn(parameters)): Reaction => {
      counts.refusals += 1;
      counts.rejected += rejected;
      return { afterMs: 0, answer: envelope(refusal, requestId) };
    };
    const url = new URL(request.url, "http://simulator.invalid");
    if (url.pathname !== trackPath || request.method !== "POST") return refuse(unknownRoute);
    if ([...url.searchParams.keys()].some(isTokenKey)) counts.tokenInUrl += 1;
    const token = request.headers["access-token"] ?? "";
    const known = access.know(token);
    if (known !== "open") return refuse(tokenRefusals[known] ?? badToken);
    const addressed = readAddress(parameters ?? {});
    const strike = faults.next(addressed.ok ? addressed.sourceId : "");
    if (strike !== null) counts.faulted += 1;
    const struck = strikeBefore(strike, strike && answerInstead(strike, requestId));
    if (struck !== null) return struck;
    if (!letIn(now())) return refuse(tooManyRequests);
    if (parameters === null) return refuse(unreadableBody());
    if (!addressed.ok) return refuse(addressed.refusal);
    const { source, sourceId } = addressed;
    if (access.enter(token, sourceId) !== "open") return refuse(noPermission(sourceId));
    const top = checkTop(parameters, strict);
    if (top !== null) return refuse(top);

    const data = parameters["data"] as readonly unknown[];
    const nowMs = now();
    const { good, refusal } = checkEvents(data, { source, nowMs, strict });
    if (refusal !== null && !partial) return refuse(refusal);
    commitBatch(api, { target: sourceId, events: good, isTest: parameters["test_event_code"] !== undefined, nowMs });
    counts.rejected += data.length - good.length;
    return strikeAfter(strike, envelope(refusal === null ? accepted : partlyAccepted, requestId));
  };
}

const tokenRefusals: Partial<Record<Entry, Refusal>> = {
  no_token: noToken,
  bad_token: badToken,
  expired_token: expiredToken,
};

function isTokenKey(key: string): boolean {
  return key.toLowerCase().replace("-", "_") === "access_token";
}

function eventsIn(parameters: JsonObject | null): number {
  const data = parameters?.["data"];
  return Array.isArray(data) ? data.length : 0;
}

/** Looks like TikTok's: a date, then hex. */
function writtenTrace(trace: number): string {
  return `20260110000000${trace.toString(16).toUpperCase().padStart(20, "0")}`;
}
