import { type Simulator, serveVendor } from "../server.ts";
import { openVendor } from "../vendor.ts";
import type { Fault } from "./faults.ts";
import { webhookBrand } from "./vendor.ts";

export type WebhookSimulatorOptions = {
  /** Default 0: any free port. */
  port?: number;
  /** What requests may be signed with. Without it any signature of the right form will do. */
  secrets?: readonly string[];
  /** Units: milliseconds since 1970. */
  now?: () => number;
  /** Default true. */
  recordRequests?: boolean;
};

export type WebhookSimulator = Simulator<Fault> & { setSecrets: (secrets: readonly string[]) => void };

/** Starts a customer's receiver on loopback that checks what it gets; every path is one receiver. */
export async function startWebhookSimulator(options: WebhookSimulatorOptions = {}): Promise<WebhookSimulator> {
  const { port = 0, now = Date.now, recordRequests = true } = options;
  let secrets = options.secrets ?? null;
  const brand = webhookBrand({ secrets: () => secrets, now });
  const simulator = await serveVendor(openVendor(brand, { recordRequests }), { port, now });
  return {
    ...simulator,
    setSecrets: (next) => {
      secrets = next;
    },
  };
}
