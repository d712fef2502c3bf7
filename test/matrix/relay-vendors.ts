import { openMeta } from "../../adapters/meta/meta.ts";
import { openTiktok } from "../../adapters/tiktok/tiktok.ts";
import type { Fetch } from "../../adapters/vendor-http/request.ts";
import { openWebhook } from "../../adapters/webhook/webhook.ts";
import type { Integration, Vendor } from "../../domain/model/delivery.ts";
import type { Consent } from "../../domain/model/event/event.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Destination } from "../../ports/destination.ts";
import { tiktokIntegration, webEvent } from "../adapters/tiktok/parts.ts";
import { secret, webhookIntegration } from "../adapters/webhook/parts.ts";
import { metaIntegration, storedEvent } from "../domain/pipeline/relay/parts.ts";
import { faultNames as metaFaults } from "../simulators/meta/faults.ts";
import { startMetaSimulator } from "../simulators/meta/server.ts";
import type { Simulator } from "../simulators/server.ts";
import { faultNames as tiktokFaults } from "../simulators/tiktok/faults.ts";
import { startTiktokSimulator } from "../simulators/tiktok/server.ts";
import { faultNames as webhookFaults } from "../simulators/webhook/faults.ts";
import { startWebhookSimulator } from "../simulators/webhook/server.ts";

/** What is wrong with an event, and what must become of it. */
export interface Failing {
  readonly name: string;
  readonly becomes: "dead" | "expired";
  /** The dead letter's code; what expires is counted and leaves none. */
  readonly code: string;
  /** Makes a bad event of a good one, where the relay has to see it before it is sent. */
  readonly ofEvent?: Partial<StoredEvent>;
  /** What the event's visitor says of advertising; default: granted. */
  readonly advertising?: Consent;
  /** Joins the payload on its way, where only the vendor sees it. */
  readonly ofPayload?: Readonly<Record<string, unknown>>;
}

/** What a vendor's adapter is opened with; while it is not reachable, no connection to it comes about. */
export interface MatrixOpening {
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly isReachable: () => boolean;
}

/** A vendor as the fault matrix takes it: the real adapter, its simulator, good events and poisons of every kind. */
export interface MatrixVendor {
  readonly name: Vendor;
  /** Under what name it is told an event's id, which is the messageId. */
  readonly idKey: "event_id" | "messageId";
  readonly token: string;
  /** Each of the simulator's faults must have its row, so that a new one can't be forgotten. */
  readonly faultNames: readonly string[];
  readonly poisons: readonly Failing[];
  start(now: () => number): Promise<Simulator<string>>;
  open(opening: MatrixOpening): Destination;
  integration(baseUrl: string): Promise<Integration>;
  event(number: number, over?: Partial<StoredEvent>): StoredEvent;
}

const monthOldMs = Date.UTC(2025, 11, 1);
const nowhere = "http://127.0.0.1:1";

/** Vendors that the matrix runs through: another one needs a row here, and nothing else. */
export const matrixVendors: readonly MatrixVendor[] = [
  {
    name: "meta",
    idKey: "event_id",
    token: "token-1",
    faultNames: metaFaults,
    poisons: [
      { name: "named", becomes: "dead", code: "meta_100", ofPayload: { surprise: 1 } },
      { name: "unnamed", becomes: "dead", code: "meta_100", ofPayload: { action_source: "nowhere" } },
      { name: "seen", becomes: "dead", code: "user_data_missing", ofEvent: { userId: null } },
      { name: "old", becomes: "expired", code: "too_old", ofEvent: { timestampMs: monthOldMs } },
    ],
    start: async (now) => erased(await startMetaSimulator({ now, recordRequests: false })),
    open: (opening) => openMeta({ ...opening, fetch: wayOf(opening) }),
    integration: () => metaIntegration(1),
    event: storedEvent,
  },
  {
    name: "tiktok",
    idKey: "event_id",
    token: "token-1",
    faultNames: tiktokFaults,
    poisons: [
      {
        name: "named",
        becomes: "dead",
        code: "tiktok_40002",
        ofPayload: { properties: { contents: [{ content_id: 7 }] } },
      },
      { name: "unnamed", becomes: "dead", code: "tiktok_40062", ofPayload: { user: { email: "A".repeat(64) } } },
      { name: "seen", becomes: "dead", code: "page_url_missing", ofEvent: { context: {} } },
      { name: "old", becomes: "expired", code: "too_old", ofEvent: { timestampMs: monthOldMs } },
    ],
    start: async (now) => erased(await startTiktokSimulator({ now, recordRequests: false })),
    open: (opening) => openTiktok({ ...opening, fetch: wayOf(opening) }),
    integration: () => tiktokIntegration(1),
    event: webEvent,
  },
  {
    name: "webhook",
    idKey: "messageId",
    token: secret,
    faultNames: webhookFaults,
    poisons: [
      { name: "unnamed", becomes: "dead", code: "http_400", ofPayload: { type: "alias" } },
      { name: "denied", becomes: "dead", code: "consent_denied", advertising: "denied" },
      { name: "old", becomes: "expired", code: "too_old", ofEvent: { receivedAtMs: monthOldMs } },
    ],
    start: startReceiver,
    open: ({ clock, timeoutMs, isReachable }) => {
      const resolve = async () => (isReachable() ? [{ address: "127.0.0.1", family: 4 }] : []);
      return openWebhook({ clock, timeoutMs, allowPrivate: true, resolve });
    },
    integration: (baseUrl) => webhookIntegration({ url: `http://hook.test:${new URL(baseUrl).port}/hook` }),
    event: storedEvent,
  },
];

/** A receiver whose owner may change the secret without telling Tidegate, which is how its credentials are revoked. */
async function startReceiver(now: () => number): Promise<Simulator<string>> {
  const simulator = await startWebhookSimulator({ now, secrets: [secret], recordRequests: false });
  return erased({
    ...simulator,
    revokeToken: () => simulator.setSecrets(["whsec_another"]),
    restoreToken: (token) => simulator.setSecrets([token]),
  });
}

/** The way to a vendor's address, or to where nobody listens. */
export function wayOf({ baseUrl, isReachable }: Pick<MatrixOpening, "baseUrl" | "isReachable">): Fetch {
  return (url, init) => fetch(isReachable() ? url : url.replace(baseUrl, nowhere), init);
}

/** A simulator whose faults are told by name: those of its own vendor are the only ones it is given. */
export function erased<F extends string>(simulator: Simulator<F>): Simulator<string> {
  return simulator as unknown as Simulator<string>;
}
