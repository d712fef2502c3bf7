import { isObject, type JsonObject, objectAt } from "../json.ts";
import { invalidParameter, type Refusal } from "./answers.ts";
import { appDataKeys, extinfoOsVersionAt, extinfoStrings, extinfoVersions } from "./contract.ts";
import { ambiguity, type EventCheck, type Scope } from "./rules.ts";

const flagValues: ReadonlySet<unknown> = new Set([0, 1, true, false]);

function isApp(event: JsonObject): boolean {
  return event["action_source"] === "app";
}

function checkAppData(event: JsonObject): Refusal | null {
  return isApp(event) && event["app_data"] === undefined ? invalidParameter("Missing App Data") : null;
}

function checkFlags(event: JsonObject, scope: Scope): Refusal | null {
  if (!isApp(event)) return null;
  const appData = objectAt(event, "app_data");
  if (!flagValues.has(appData["advertiser_tracking_enabled"])) {
    return invalidParameter("Missing Advertiser Tracking Enabled Flag");
  }
  const application = appData["application_tracking_enabled"];
  const refusal = invalidParameter("Missing Application Tracking Enabled Flag");
  if (application === undefined) return ambiguity(scope, "app_data lacks application_tracking_enabled", refusal);
  return flagValues.has(application) ? null : refusal;
}

function checkExtinfo(event: JsonObject, scope: Scope): Refusal | null {
  if (!isApp(event)) return null;
  const extinfo = extinfoOf(objectAt(event, "app_data")["extinfo"], scope);
  if (extinfo?.length !== extinfoStrings || !extinfo.every((field) => typeof field === "string")) {
    return invalidParameter("Invalid Extinfo");
  }
  if (!extinfoVersions.has(extinfo[0])) return invalidParameter("Invalid Extinfo Version");
  return extinfo[extinfoOsVersionAt] === "" ? invalidParameter("Missing Extinfo OS Version") : null;
}

/** Meta's Node library writes the list as an object with numeric keys; only a lenient simulator reads that. */
function extinfoOf(value: unknown, scope: Scope): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (scope.strictness !== "lenient" || !isObject(value)) return undefined;
  return Object.keys(value).every((key, index) => key === String(index)) ? Object.values(value) : undefined;
}

function checkAppKeys(event: JsonObject, scope: Scope): Refusal | null {
  for (const key of Object.keys(objectAt(event, "app_data"))) {
    if (appDataKeys.has(key)) continue;
    const refusal = ambiguity(scope, "app_data has an unknown key", invalidParameter("Unknown App Data Key"));
    if (refusal !== null) return refusal;
  }
  return null;
}

/** What is asked of an event that happened in an app, in the vendor's order. */
export const appChecks: readonly EventCheck[] = [checkAppData, checkFlags, checkExtinfo, checkAppKeys];
