import { createHash } from "node:crypto";
import { jsonAnswer } from "../answer.ts";
import { openRequestBucket } from "../request-bucket.ts";
import { type Brand, commitBatch, type Reaction, strikeAfter, strikeBefore, type VendorApi } from "../vendor.ts";
import { exchangePath, tokenLifeMs } from "./contract.ts";
import { answerInstead, emptyAnswer, type Fault, faultNames } from "./faults.ts";
import type { TokenRegistry } from "./tokens.ts";

export type AppleOptions = {
  tokens: TokenRegistry;
  notFoundHoldMs: number;
  requestsPerSecondMax: number;
  now: () => number;
};

/** Apple's own part of the simulator: an event is a token that was told its record, known by the token's hash. */
export function appleBrand(options: AppleOptions): Brand<Fault> {
  return {
    faultNames,
    dedup: { nameKey: "event", windowMs: () => tokenLifeMs },
    personal: { userKey: "user", hashedKeys: new Set(), addressFreePlace: /^$/ },
    parse: async ({ body }) => ({ token: new TextDecoder().decode(body) }),
    open: (api) => openAppleApi(api, options),
  };
}

function openAppleApi(api: VendorApi<Fault>, options: AppleOptions): ReturnType<Brand<Fault>["open"]> {
  const { counts, faults } = api;
  const { tokens, notFoundHoldMs, requestsPerSecondMax, now } = options;
  const letIn = openRequestBucket(requestsPerSecondMax);
  tokens.clear();

  return (request, parameters) => {
    const refuse = (status: number): Reaction => {
      counts.refusals += 1;
      return { afterMs: 0, answer: emptyAnswer(status) };
    };
    const url = new URL(request.url, "http://simulator.invalid");
    if (url.search !== "") counts.tokenInUrl += 1;
    if (url.pathname !== exchangePath || url.search !== "") return refuse(404);
    if (request.method !== "POST") return refuse(405);
    const strike = faults.next("");
    if (strike !== null) counts.faulted += 1;
    const struck = strikeBefore(strike, strike && answerInstead(strike));
    if (struck !== null) return struck;
    if (!letIn(now())) return refuse(429);
    const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
    const token = parameters?.["token"];
    if (type !== "text/plain" || typeof token !== "string") return refuse(400);
    const verdict = tokens.judge(token, now());
    if (verdict.status !== 200) {
      counts.refusals += 1;
      const late = strikeAfter(strike, emptyAnswer(verdict.status));
      return { ...late, afterMs: late.afterMs + (verdict.status === 404 ? notFoundHoldMs : 0) };
    }
    const id = createHash("sha256").update(token).digest("hex");
    const events = [{ event: "token", event_id: id }];
    commitBatch(api, { target: "", events, isTest: verdict.payload["orgId"] === 1234567890, nowMs: now() });
    return strikeAfter(strike, jsonAnswer(200, verdict.payload));
  };
}
