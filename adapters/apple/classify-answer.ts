import { type Campaign, campaignMembers, type TokenAnswer } from "../../domain/model/attribution.ts";
import type { JsonObject } from "../../domain/model/json/json.ts";
import { answerObject, type VendorAnswer } from "../vendor-http/request.ts";
import { retryAfterMs, retryAfterMsMax } from "../vendor-http/retry-after.ts";

const idForm = /^\d{1,20}$/;
const dateForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z$/;
const codeForm = /^[A-Za-z][A-Za-z_]{0,39}$/;
const countryForm = /^[A-Z]{2}$/;

const forms: Readonly<Record<string, RegExp>> = {
  countryOrRegion: countryForm,
  conversionType: codeForm,
  claimType: codeForm,
  supplyPlacement: codeForm,
  clickDate: dateForm,
  impressionDate: dateForm,
};

/** What Apple says in all of them of an app that is signed for development. */
const developmentId = "1234567890";

/**
 * What Apple's answer means. Members that don't have their documented form are left out, text is kept of none.
 *
 * Source: https://developer.apple.com/documentation/adservices/aaattribution/attributiontoken()
 */
export function classifyAnswer(answer: VendorAnswer, nowMs: number): TokenAnswer {
  const { status, body, headers } = answer;
  const code = `apple_${status}`;
  if (status === 200) return classifyRecord(answerObject(body));
  if (status === 400) return { kind: "invalid", code };
  if (status === 404) return { kind: "not_found", code };
  const waitMs = Math.min(retryAfterMs(headers, nowMs), retryAfterMsMax);
  const kind = status === 429 ? "throttle" : status >= 500 || status === 408 ? "transient" : "config";
  return { kind: "unanswered", class: kind, code, retryAfterMs: waitMs };
}

function classifyRecord(record: JsonObject | null): TokenAnswer {
  if (record?.["attribution"] === false) return { kind: "organic" };
  if (record?.["attribution"] !== true) {
    return { kind: "unanswered", class: "transient", code: "apple_unreadable", retryAfterMs: 0 };
  }
  const campaign = campaignOf(record);
  const ids = [campaign["orgId"], campaign["campaignId"], campaign["adGroupId"]];
  return { kind: "attributed", campaign, development: ids.every((id) => id === developmentId) };
}

function campaignOf(record: JsonObject): Campaign {
  const campaign: Record<string, string> = {};
  for (const name of campaignMembers) {
    const value = record[name];
    const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof text === "string" && (forms[name] ?? idForm).test(text)) campaign[name] = text;
  }
  return campaign;
}
