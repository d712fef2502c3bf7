import { Buffer } from "node:buffer";
import type { Answer } from "./answers.ts";
import { type FaultOptions, isFault } from "./faults.ts";
import { isObject, type JsonObject } from "./rules.ts";
import type { Vendor } from "./vendor.ts";

const prefix = "/_sim/";

/** Tells whether a path steers the simulator rather than plays the vendor. */
export function isControlPath(url: string): boolean {
  return url.startsWith(prefix);
}

/** Lets another process read and steer the simulator. Shape: JSON both ways; bodies of requests are base64. */
export function answerControl(vendor: Vendor, method: string, url: string, body: Uint8Array): Answer {
  const { pathname, searchParams } = new URL(url, "http://simulator.invalid");
  switch (`${method} ${pathname.slice(prefix.length)}`) {
    case "GET counts":
      return json(200, vendor.counts());
    case "GET events":
      return json(200, vendor.effectiveEvents(searchParams.get("dataset") ?? undefined));
    case "GET findings":
      return json(200, vendor.findings());
    case "GET requests":
      return json(200, vendor.requests().map(writtenRequest));
    case "POST faults":
      return addFault(vendor, readObject(body));
    case "DELETE faults":
      vendor.faults.clear();
      return json(200, { ok: true });
    case "POST tokens":
      return setToken(vendor, readObject(body));
    case "POST reset":
      vendor.reset();
      return json(200, { ok: true });
    default:
      return json(404, { error: "no such control" });
  }
}

function writtenRequest(request: ReturnType<Vendor["requests"]>[number]): JsonObject {
  return { ...request, body: Buffer.from(request.body).toString("base64") };
}

/** Shape: `{fault, times?, afterMs?, code?, dataset?, regainMinutes?}`. */
function addFault(vendor: Vendor, order: JsonObject): Answer {
  const { fault, ...options } = order;
  if (!isFault(fault)) return json(400, { error: "no such fault" });
  for (const key of ["times", "afterMs", "code", "regainMinutes"]) {
    const value = options[key];
    if (value !== undefined && !(typeof value === "number" && value >= 0)) return json(400, { error: `bad ${key}` });
  }
  if (options["times"] === 0) return json(400, { error: "bad times" });
  vendor.faults.fail(fault, options as FaultOptions);
  return json(200, { ok: true });
}

/** Shape: `{token, revoked}`. */
function setToken(vendor: Vendor, order: JsonObject): Answer {
  const { token, revoked } = order;
  if (typeof token !== "string" || typeof revoked !== "boolean") return json(400, { error: "bad order" });
  if (revoked) vendor.access.revoke(token);
  else vendor.access.restore(token);
  return json(200, { ok: true });
}

function readObject(body: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
