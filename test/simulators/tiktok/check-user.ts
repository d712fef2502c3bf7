import { isIP } from "node:net";
import { isObject, type JsonObject, objectAt } from "../json.ts";
import { type Refusal, unhashed } from "./answers.ts";
import { attStatuses, hashedUserKeys, plainUserKeys, sha256OfEmpty, sha256Pattern } from "./contract.ts";
import { type EventCheck, fault, firstUnfit, isText, notKnown, notObject, notText, type Scope } from "./rules.ts";

function checkShape(event: JsonObject, scope: Scope): Refusal | null {
  const user = event["user"];
  return user === undefined || isObject(user) ? null : fault(scope, "user", notObject);
}

function checkHashes(event: JsonObject, scope: Scope): Refusal | null {
  for (const [key, value] of Object.entries(objectAt(event, "user"))) {
    if (!hashedUserKeys.has(key)) continue;
    for (const hash of Array.isArray(value) ? value : [value]) {
      if (typeof hash !== "string") return fault(scope, `user.${key}`, notText);
      if (!sha256Pattern.test(hash) || (scope.strict && hash === sha256OfEmpty)) return unhashed();
    }
  }
  return null;
}

function checkPlain(event: JsonObject, scope: Scope): Refusal | null {
  const user = objectAt(event, "user");
  const unfit = firstUnfit(user, plainUserKeys, isText);
  if (unfit !== undefined) return fault(scope, `user.${unfit}`, notText);
  if (user["ip"] !== undefined && isIP(String(user["ip"])) === 0) return fault(scope, "user.ip", "Not a valid address");
  const status = user["att_status"];
  if (status === undefined || attStatuses.has(status)) return null;
  return fault(scope, "user.att_status", "Not a valid choice");
}

function checkKeys(event: JsonObject, scope: Scope): Refusal | null {
  if (!scope.strict) return null;
  const known = new Set([...hashedUserKeys, ...plainUserKeys, "att_status"]);
  const other = Object.keys(objectAt(event, "user")).some((key) => !known.has(key));
  return other ? fault(scope, "user", notKnown) : null;
}

/** What is asked of `user`, in the simulator's order. */
export const userChecks: readonly EventCheck[] = [checkShape, checkHashes, checkPlain, checkKeys];
