import type { Target } from "../access.ts";
import { type Simulator, serveVendor } from "../server.ts";
import { openVendor } from "../vendor.ts";
import type { Fault } from "./faults.ts";
import { metaBrand } from "./vendor.ts";

export type MetaSimulatorOptions = {
  /** Default 0: any free port. */
  port?: number;
  /** Without it every dataset exists, and every token opens it that doesn't contain `revoked`. */
  datasets?: Target[];
  /** Refuses what is only warned of by default. */
  strict?: boolean;
  /** Takes what Meta's Node library sends against the documentation: extinfo as an object, lists of nothing. */
  lenient?: boolean;
  /** Units: milliseconds since 1970. */
  now?: () => number;
  /** Default true. */
  recordRequests?: boolean;
};

export type MetaSimulator = Simulator<Fault>;

/** Starts a Meta Conversions API on loopback that checks what it gets, so that tests need neither network nor mocks. */
export async function startMetaSimulator(options: MetaSimulatorOptions = {}): Promise<MetaSimulator> {
  const { port = 0, datasets, strict = false, lenient = false, now = Date.now, recordRequests = true } = options;
  if (strict && lenient) throw new RangeError("strict and lenient exclude each other");
  const strictness = strict ? "strict" : lenient ? "lenient" : "normal";
  const targets = datasets === undefined ? {} : { targets: datasets };
  const vendor = openVendor(metaBrand({ strictness, now }), { recordRequests, ...targets });
  return serveVendor(vendor, { port, now });
}
