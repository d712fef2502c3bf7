import { isObject, type JsonObject, objectAt } from "../json.ts";
import { invalidParameter, type Refusal, unexpectedKey } from "./answers.ts";
import { appChecks } from "./check-app-data.ts";
import { customDataChecks } from "./check-custom-data.ts";
import { userDataChecks } from "./check-user-data.ts";
import {
  actionSources,
  appEventNamePattern,
  eventAgeMsMax,
  eventAheadMsMax,
  eventKeys,
  eventNameCharsMax,
  messagingChannels,
  physicalStoreEventAgeMsMax,
  processingCountries,
  processingStates,
  standardEventNames,
} from "./contract.ts";
import { type EventCheck, firstRefusal, type Scope } from "./rules.ts";

const optionalTypes: readonly [key: string, fits: (value: unknown) => boolean][] = [
  ["event_id", (value) => typeof value === "string" && value !== ""],
  ["event_source_url", isWebAddress],
  ["custom_data", isObject],
  ["app_data", isObject],
  ["opt_out", (value) => typeof value === "boolean"],
  ["referrer_url", (value) => typeof value === "string"],
  ["customer_segmentation", (value) => typeof value === "string"],
  ["original_event_data", isObject],
  ["attribution_data", isObject],
];

function isWebAddress(value: unknown): boolean {
  return typeof value === "string" && /^https?:\/\/[^\s/]+/.test(value) && URL.canParse(value);
}

function checkKeys(event: JsonObject, scope: Scope): Refusal | null {
  for (const key of Object.keys(event)) if (!eventKeys.has(key)) return unexpectedKey(key, scope.path);
  return null;
}

function checkName(event: JsonObject, scope: Scope): Refusal | null {
  const name = event["event_name"];
  if (typeof name !== "string" || name.trim() === "") return invalidParameter("Missing Event Name", 2804019);
  if (name.length > eventNameCharsMax) return invalidParameter("Event Name Too Long", 2804019);
  if (event["action_source"] !== "app" || standardEventNames.has(name)) return null;
  if (!appEventNamePattern.test(name)) return invalidParameter("Invalid App Event Name");
  return scope.admitsAppName(name) ? null : invalidParameter("Too Many Distinct App Event Names");
}

function checkTime(event: JsonObject, scope: Scope): Refusal | null {
  const time = event["event_time"];
  if (typeof time !== "number" || !Number.isSafeInteger(time) || time < 0) {
    return invalidParameter("Invalid Event Timestamp");
  }
  const ageMs = scope.nowMs - time * 1000;
  const ageMsMax = event["action_source"] === "physical_store" ? physicalStoreEventAgeMsMax : eventAgeMsMax;
  if (ageMs > ageMsMax) return invalidParameter("Event Timestamp Too Old", 2804003);
  return -ageMs > eventAheadMsMax ? invalidParameter("Event Timestamp In The Future") : null;
}

function checkActionSource(event: JsonObject): Refusal | null {
  const source = event["action_source"];
  if (!actionSources.has(source)) return invalidParameter("Invalid Action Source");
  const channel = event["messaging_channel"];
  if (channel === undefined) return null;
  if (source !== "business_messaging") return invalidParameter("Messaging Channel Outside Business Messaging");
  return messagingChannels.has(channel) ? null : invalidParameter("Invalid Messaging Channel");
}

function checkOptionalTypes(event: JsonObject): Refusal | null {
  for (const [key, fits] of optionalTypes) {
    const value = event[key];
    if (value !== undefined && !fits(value)) return invalidParameter(`Invalid ${key}`);
  }
  return null;
}

function checkWebsite(event: JsonObject): Refusal | null {
  if (event["action_source"] !== "website" || event["event_source_url"] !== undefined) return null;
  return invalidParameter("Missing Event Source URL");
}

function checkDataProcessing(event: JsonObject): Refusal | null {
  const options = event["data_processing_options"];
  const country = event["data_processing_options_country"];
  const state = event["data_processing_options_state"];
  if (options !== undefined && !isProcessingOptions(options))
    return invalidParameter("Invalid Data Processing Options");
  if (country !== undefined && !processingCountries.has(country)) {
    return invalidParameter("Invalid Data Processing Options Country");
  }
  if (state !== undefined && !processingStates.has(state)) {
    return invalidParameter("Invalid Data Processing Options State");
  }
  return null;
}

function isProcessingOptions(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 1 && value.every((option) => option === "LDU");
}

/** The order in which an event's faults are found; the first one speaks for the whole batch. */
const eventChecks: readonly EventCheck[] = [
  checkKeys,
  checkName,
  checkTime,
  checkActionSource,
  checkOptionalTypes,
  checkWebsite,
  checkDataProcessing,
  ...userDataChecks,
  ...customDataChecks,
  ...appChecks,
];

/** Judges one event as the vendor would. Errors: the first refusal in the vendor's order, else null. */
export function checkEvent(event: unknown, scope: Scope): Refusal | null {
  if (!isObject(event)) return invalidParameter("Invalid Event");
  return firstRefusal(eventChecks, scope.strictness === "lenient" ? withoutEmptyValues(event) : event, scope);
}

/** Of an empty value Meta's Node library makes a list that holds null, or an empty text. */
function withoutEmptyValues(event: JsonObject): JsonObject {
  const members = Object.entries(objectAt(event, "user_data")).map(([key, value]) => [key, filled(value)]);
  return isObject(event["user_data"]) ? { ...event, user_data: Object.fromEntries(members) } : event;
}

function filled(value: unknown): unknown {
  return Array.isArray(value) ? value.filter((one) => one !== null && one !== "") : value;
}
