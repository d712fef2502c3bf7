import { type Simulator, serveVendor } from "../server.ts";
import { openVendor } from "../vendor.ts";
import { requestsPerSecondMax as requestsPerSecondDefault } from "./contract.ts";
import type { Fault } from "./faults.ts";
import { openTokens, type TokenPlan } from "./tokens.ts";
import { appleBrand } from "./vendor.ts";

export type AppleSimulatorOptions = {
  /** Default 0: any free port. */
  port?: number;
  /** Answers 400 to tokens that were not issued here; by default they are read by how they begin. */
  knownOnly?: boolean;
  /** Default 0; Apple's own is a second. */
  notFoundHoldMs?: number;
  requestsPerSecondMax?: number;
  /** Units: milliseconds since 1970. */
  now?: () => number;
  /** Default true. */
  recordRequests?: boolean;
};

export type AppleSimulator = Simulator<Fault> & { issueToken: (token: string, plan?: TokenPlan) => void };

/** Starts Apple's attribution service on loopback; it knows the tokens that it was told of. */
export async function startAppleSimulator(options: AppleSimulatorOptions = {}): Promise<AppleSimulator> {
  const { port = 0, knownOnly = false, notFoundHoldMs = 0, now = Date.now, recordRequests = true } = options;
  const { requestsPerSecondMax = requestsPerSecondDefault } = options;
  const tokens = openTokens({ knownOnly, now });
  const brand = appleBrand({ tokens, notFoundHoldMs, requestsPerSecondMax, now });
  const simulator = await serveVendor(openVendor(brand, { recordRequests }), { port, now });
  return { ...simulator, issueToken: tokens.issue };
}
