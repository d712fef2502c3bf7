import { isObject, objectAt } from "../json.ts";
import { badParameter, type Refusal } from "./answers.ts";
import { propertyChecks } from "./check-properties.ts";
import { userChecks } from "./check-user.ts";
import {
  appEventNames,
  eventAgeMsMax,
  eventKeys,
  eventNamePattern,
  eventTimeSecondsMax,
  offlineEventAgeMsMax,
  webEventNames,
} from "./contract.ts";
import { type EventCheck, fault, isText, missing, notKnown, notObject, notText, type Scope } from "./rules.ts";

const secondMs = 1_000;

const checkName: EventCheck = (event, scope) => {
  const name = event["event"];
  if (name === undefined) return fault(scope, "event", missing);
  if (!isText(name)) return fault(scope, "event", notText);
  const standard = scope.source === "app" ? appEventNames : webEventNames;
  const mustBeStandard = scope.strict || scope.source === "offline" || scope.source === "crm";
  const isGood = mustBeStandard ? standard.has(name) : eventNamePattern.test(name);
  return isGood ? null : fault(scope, "event", "Not a valid event name");
};

const checkTime: EventCheck = (event, scope) => {
  const time = event["event_time"];
  if (time === undefined) return fault(scope, "event_time", missing);
  const isTime = typeof time === "number" && Number.isSafeInteger(time) && time >= 0 && time <= eventTimeSecondsMax;
  if (!isTime) return fault(scope, "event_time", "Not a valid timestamp");
  const ageMs = scope.nowMs - time * secondMs;
  const isTooOld = ageMs > (scope.source === "offline" ? offlineEventAgeMsMax : eventAgeMsMax);
  return isTooOld && (scope.strict || scope.source === "offline") ? fault(scope, "event_time", "Too old") : null;
};

const checkId: EventCheck = (event, scope) => {
  const id = event["event_id"];
  return id === undefined || isText(id) ? null : fault(scope, "event_id", notText);
};

/** What each kind of source insists on. */
const required = { web: ["page", "url"], app: ["app", "app_id"], crm: ["lead", "lead_id"] } as const;

const checkScene: EventCheck = (event, scope) => {
  for (const member of ["page", "app", "ad", "lead"]) {
    if (event[member] !== undefined && !isObject(event[member])) return fault(scope, member, notObject);
  }
  if (scope.source === "offline") return null;
  const [member, key] = required[scope.source];
  const value = objectAt(event, member)[key];
  if (value === undefined || value === "") return fault(scope, `${member}.${key}`, missing);
  if (!isText(value)) return fault(scope, `${member}.${key}`, notText);
  const isFit = scope.source !== "web" || isWebAddress(value);
  return isFit ? null : fault(scope, `${member}.${key}`, "Not a valid URL");
};

function isWebAddress(value: string): boolean {
  return /^https?:\/\/[^\s/]+/.test(value) && URL.canParse(value);
}

const checkDataUse: EventCheck = (event, scope) => {
  const limited = event["limited_data_use"];
  return limited === undefined || typeof limited === "boolean"
    ? null
    : fault(scope, "limited_data_use", "Not a valid boolean");
};

const checkKeys: EventCheck = (event, scope) => {
  const other = scope.strict && Object.keys(event).some((key) => !eventKeys.has(key));
  return other ? badParameter(scope.path, notKnown) : null;
};

const eventChecks: readonly EventCheck[] = [
  checkName,
  checkTime,
  checkId,
  ...userChecks,
  ...propertyChecks,
  checkScene,
  checkDataUse,
  checkKeys,
];

/** Judges one event as the vendor would. Errors: the first refusal, else null. */
export function checkEvent(event: unknown, scope: Scope): Refusal | null {
  if (!isObject(event)) return badParameter(scope.path, notObject);
  for (const check of eventChecks) {
    const refusal = check(event, scope);
    if (refusal !== null) return refusal;
  }
  return null;
}
