import type { Target } from "../access.ts";
import { type Simulator, serveVendor } from "../server.ts";
import { openVendor } from "../vendor.ts";
import { requestsPerSecondMax as requestsPerSecondDefault } from "./contract.ts";
import type { Fault } from "./faults.ts";
import { tiktokBrand } from "./vendor.ts";

export type TiktokSimulatorOptions = {
  /** Default 0: any free port. */
  port?: number;
  /** Pixels and apps. Without it each exists, and every token opens it without `revoked` or `expired` in it. */
  sources?: Target[];
  /** Refuses what is not documented, too: other keys, other names, events of more than a week ago. */
  strict?: boolean;
  /** Takes the good events of a batch with bad ones, and answers 20001; by default one bad event refuses all. */
  partial?: boolean;
  /** Default 1,000, as documented. */
  requestsPerSecondMax?: number;
  /** Units: milliseconds since 1970. */
  now?: () => number;
  /** Default true. */
  recordRequests?: boolean;
};

export type TiktokSimulator = Simulator<Fault>;

/** Starts a TikTok Events API on loopback that checks what it gets, so that tests need neither network nor mocks. */
export async function startTiktokSimulator(options: TiktokSimulatorOptions = {}): Promise<TiktokSimulator> {
  const { port = 0, sources, strict = false, partial = false, now = Date.now, recordRequests = true } = options;
  const { requestsPerSecondMax = requestsPerSecondDefault } = options;
  const targets = sources === undefined ? {} : { targets: sources };
  const brand = tiktokBrand({ strict, partial, requestsPerSecondMax, now });
  return serveVendor(openVendor(brand, { recordRequests, ...targets }), { port, now });
}
