import { Buffer } from "node:buffer";
import { type Answer, jsonAnswer } from "./answer.ts";
import type { FaultOptions } from "./fault-queue.ts";
import { isObject, type JsonObject, parsed } from "./json.ts";
import type { ReceivedRequest, Vendor } from "./vendor.ts";

const prefix = "/_sim/";
const controls = ["GET counts", "GET events", "GET findings", "GET requests", "GET faults"].concat(
  ...["POST faults", "DELETE faults", "POST tokens", "POST reset"],
);

/** Tells whether a path steers the simulator rather than plays the vendor. */
export function isControlPath(url: string): boolean {
  return url.startsWith(prefix);
}

/** Lets another process read and steer the simulator. Shape: JSON both ways; bodies of requests are base64. */
export function answerControl<F extends string>(
  vendor: Vendor<F>,
  method: string,
  url: string,
  body: Uint8Array,
): Answer {
  const { pathname, searchParams } = new URL(url, "http://simulator.invalid");
  switch (`${method} ${pathname.slice(prefix.length)}`) {
    case "GET counts":
      return jsonAnswer(200, vendor.counts());
    case "GET events":
      return jsonAnswer(200, vendor.effectiveEvents(searchParams.get("target") ?? undefined));
    case "GET findings":
      return jsonAnswer(200, vendor.findings());
    case "GET requests":
      return jsonAnswer(200, vendor.requests().map(writtenRequest));
    case "GET faults":
      return jsonAnswer(200, { faults: vendor.faultNames });
    case "POST faults":
      return addFault(vendor, readObject(body));
    case "DELETE faults":
      vendor.faults.clear();
      return jsonAnswer(200, { ok: true });
    case "POST tokens":
      return setToken(vendor, readObject(body));
    case "POST reset":
      vendor.reset();
      return jsonAnswer(200, { ok: true });
    default:
      return jsonAnswer(404, { error: "no such control", controls });
  }
}

function writtenRequest(request: ReceivedRequest): JsonObject {
  return { ...request, body: Buffer.from(request.body).toString("base64") };
}

/** Shape: `{fault, times?, afterMs?, code?, target?, regainMinutes?}`. */
function addFault<F extends string>(vendor: Vendor<F>, order: JsonObject): Answer {
  const { fault: wanted, ...options } = order;
  const fault = vendor.faultNames.find((name) => name === wanted);
  if (fault === undefined) return jsonAnswer(400, { error: "no such fault", faults: vendor.faultNames });
  for (const key of ["times", "afterMs", "code", "regainMinutes"]) {
    const value = options[key];
    if (value !== undefined && !(typeof value === "number" && value >= 0))
      return jsonAnswer(400, { error: `bad ${key}` });
  }
  if (options["times"] === 0) return jsonAnswer(400, { error: "bad times" });
  vendor.faults.fail(fault, options as FaultOptions);
  return jsonAnswer(200, { ok: true });
}

/** Shape: `{token, revoked}`. */
function setToken(vendor: Pick<Vendor<string>, "access">, order: JsonObject): Answer {
  const { token, revoked } = order;
  if (typeof token !== "string" || typeof revoked !== "boolean") return jsonAnswer(400, { error: "bad order" });
  if (revoked) vendor.access.revoke(token);
  else vendor.access.restore(token);
  return jsonAnswer(200, { ok: true });
}

function readObject(body: Uint8Array): JsonObject {
  const value = parsed(new TextDecoder().decode(body));
  return isObject(value) ? value : {};
}
