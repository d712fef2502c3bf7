import { jsonAnswer } from "../answer.ts";
import { isObject, parsed } from "../json.ts";
import { type Brand, commitBatch, type Reaction, strikeAfter, strikeBefore } from "../vendor.ts";
import { checkSignature, readEvents } from "./check-request.ts";
import { hashedKeys } from "./contract.ts";
import { answerInstead, type Fault, faultNames, hugeAnswer } from "./faults.ts";

export type WebhookOptions = { secrets: () => readonly string[] | null; now: () => number };

/** A receiver as a careful customer would write it: checks the signature and the time, and knows events again. */
export function webhookBrand({ secrets, now }: WebhookOptions): Brand<Fault> {
  return {
    faultNames,
    dedup: { nameKey: "sourceId", idKey: "messageId", windowMs: () => Number.POSITIVE_INFINITY },
    personal: { userKey: "identity", hashedKeys, addressFreePlace: /\.(version|os_version)$/ },
    parse: async ({ body }) => {
      const value = parsed(new TextDecoder().decode(body));
      return isObject(value) ? value : null;
    },
    open: (api) => (request) => {
      const { counts, faults } = api;
      const refuse = (status: number, error: string, rejected = 0): Reaction => {
        counts.refusals += 1;
        counts.rejected += rejected;
        return { afterMs: 0, answer: jsonAnswer(status, { error }) };
      };
      const target = new URL(request.url, "http://simulator.invalid").pathname;
      if (request.method !== "POST") return refuse(405, "post only");
      const strike = faults.next(target);
      if (strike !== null) counts.faulted += 1;
      const struck = strikeBefore(strike, strike && answerInstead(strike));
      if (struck !== null) return struck;
      const unsigned = checkSignature(request, secrets(), now());
      if (unsigned !== null) return refuse(unsigned.status, unsigned.error);
      const events = readEvents(request.body);
      if (typeof events === "string") return refuse(400, events, 1);
      commitBatch(api, { target, events, isTest: false, nowMs: now() });
      return strikeAfter(strike, strike?.fault === "hugeAnswer" ? hugeAnswer() : jsonAnswer(200, { ok: true }));
    },
  };
}
