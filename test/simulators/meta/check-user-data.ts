import { isIP } from "node:net";
import { isObject, type JsonObject, objectAt } from "../json.ts";
import { invalidParameter, type Refusal } from "./answers.ts";
import {
  appOnlyUserKeys,
  fbcPattern,
  fbpPattern,
  hashedUserKeys,
  integerUserKeys,
  madidPattern,
  plainUserKeys,
  sha256OfEmpty,
  sha256Pattern,
  tooLittleData,
} from "./contract.ts";
import { ambiguity, type EventCheck, type Scope } from "./rules.ts";

const plainShapes: readonly [key: string, fits: (value: unknown) => boolean][] = [
  ["external_id", isStringOrStrings],
  ["client_ip_address", (value) => typeof value === "string" && isIP(value) !== 0],
  ["client_user_agent", (value) => isFilledString(value) && !sha256Pattern.test(value)],
  ["fbc", (value) => typeof value === "string" && fbcPattern.test(value)],
  ["fbp", (value) => typeof value === "string" && fbpPattern.test(value)],
  ["madid", (value) => typeof value === "string" && madidPattern.test(value)],
  ["anon_id", isFilledString],
];

function isFilledString(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

function isStringOrStrings(value: unknown): boolean {
  return isFilledString(value) || (Array.isArray(value) && value.every(isFilledString));
}

/** The values of a key that takes one string or a list of them. */
function valuesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function checkPresent(event: JsonObject): Refusal | null {
  return isObject(event["user_data"]) ? null : invalidParameter("Missing User Data", 2804050);
}

function checkHashes(event: JsonObject, scope: Scope): Refusal | null {
  for (const [key, value] of Object.entries(objectAt(event, "user_data"))) {
    if (!hashedUserKeys.has(key)) continue;
    for (const hash of valuesOf(value)) {
      if (typeof hash !== "string" || !sha256Pattern.test(hash)) {
        return invalidParameter("Unhashed Customer Information", 2804016);
      }
      if (hash !== sha256OfEmpty) continue;
      const refusal = ambiguity(
        scope,
        `${key} is the hash of nothing`,
        invalidParameter("Hash Of An Empty Value", 2804016),
      );
      if (refusal !== null) return refusal;
    }
  }
  return null;
}

function checkUnknownUserKeys(event: JsonObject, scope: Scope): Refusal | null {
  for (const key of Object.keys(objectAt(event, "user_data"))) {
    if (hashedUserKeys.has(key) || plainUserKeys.has(key)) continue;
    const refusal = ambiguity(scope, "user_data has an unknown key", invalidParameter("Unknown User Data Key"));
    if (refusal !== null) return refusal;
  }
  return null;
}

function checkPlainShapes(event: JsonObject): Refusal | null {
  const userData = objectAt(event, "user_data");
  for (const [key, fits] of plainShapes) {
    if (userData[key] !== undefined && !fits(userData[key])) return invalidParameter(`Invalid ${key}`);
  }
  for (const key of integerUserKeys) {
    if (userData[key] !== undefined && !Number.isSafeInteger(userData[key])) return invalidParameter(`Invalid ${key}`);
  }
  if (event["action_source"] === "app") return null;
  for (const key of appOnlyUserKeys) {
    if (userData[key] !== undefined) return invalidParameter(`${key} Outside App Events`);
  }
  return null;
}

function checkWebsiteAgent(event: JsonObject, scope: Scope): Refusal | null {
  if (event["action_source"] !== "website") return null;
  if (objectAt(event, "user_data")["client_user_agent"] !== undefined) return null;
  return ambiguity(scope, "A website event lacks client_user_agent", invalidParameter("Missing Client User Agent"));
}

function checkEnough(event: JsonObject): Refusal | null {
  const filled = Object.entries(objectAt(event, "user_data"))
    .filter(([, value]) => valuesOf(value).some((one) => one !== null && one !== undefined && one !== ""))
    .map(([key]) => key);
  const poor = tooLittleData.some((set) => filled.every((key) => set.has(key)));
  return poor ? invalidParameter("Not Enough Customer Information", 2804050) : null;
}

/** What is asked of `user_data`, in the vendor's order. */
export const userDataChecks: readonly EventCheck[] = [
  checkPresent,
  checkHashes,
  checkUnknownUserKeys,
  checkPlainShapes,
  checkWebsiteAgent,
  checkEnough,
];
