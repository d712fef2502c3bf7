import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import type { PinnedPostParts } from "../../../adapters/webhook/pinned-post.ts";
import { openWebhook } from "../../../adapters/webhook/webhook.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import { impatiently, integrationWith, type RelayRig, relayRig, startMs } from "../../domain/pipeline/relay/parts.ts";
import {
  startWebhookSimulator,
  type WebhookSimulator,
  type WebhookSimulatorOptions,
} from "../../simulators/webhook/server.ts";

export const secret = "whsec_of-the-tests";
export const clock = openVirtualClock(startMs);

/** A certificate of hook.example.com alone, signed by itself, and its key: made for these tests, good until 2126. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBqjCCAVCgAwIBAgIUJVRwiCKaX3sKPVdoTZ+RKNYne78wCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQaG9vay5leGFtcGxlLmNvbTAgFw0yNjExMjQwODIyMjVaGA8y
MTI2MTAzMTA4MjIyNVowGzEZMBcGA1UEAwwQaG9vay5leGFtcGxlLmNvbTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABNoO5OFUOkVoBNlL9Oe5ACC48osOzs0fBRk/
6nlNpkbNikNJe7lP5Z/rG0sXHCD10n3DhV3hchUmz2G3QjqdazijcDBuMB0GA1Ud
DgQWBBTAnGMQZZbNFJ5B4cbmykF8DPo3AjAfBgNVHSMEGDAWgBTAnGMQZZbNFJ5B
4cbmykF8DPo3AjAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEGhvb2suZXhh
bXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgS1gUCt4+UAKdoZYDLFMZL6ogqVji
3v/nulebkvLez2MCIQDmPkgIUanC8WxJwnLB2CBazcPMyiOLaxEt416UQPmDTQ==
-----END CERTIFICATE-----
`;
export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg90YcFjQ4XiIQHph+
RORJoMuaQgB8bj+3ciDF/Kd3rfqhRANCAATaDuThVDpFaATZS/TnuQAguPKLDs7N
HwUZP+p5TaZGzYpDSXu5T+Wf6xtLFxwg9dJ9w4Vd4XIVJs9ht0I6nWs4
-----END PRIVATE KEY-----
`;

export function webhookIntegration(config: Record<string, unknown>, number = 1): Promise<Integration> {
  return integrationWith("webhook", number, config, secret, "signing_secret");
}

/** A receiver's names as a test says they resolve, and how often each was asked for. */
export function resolverOf(answers: readonly (readonly string[])[]): PinnedPostParts["resolve"] & { asked: string[] } {
  const asked: string[] = [];
  const resolve = async (hostname: string) => {
    const found = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    return found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return Object.assign(resolve, { asked });
}

export interface WebhookRig extends RelayRig {
  readonly simulator: WebhookSimulator;
  /** As of a `VendorRig`. */
  giveUpEarly(requests: number): void;
}

/** A relay before a simulated receiver, both on one clock that a test turns. */
export async function webhookRig(
  options: Partial<WebhookSimulatorOptions> = {},
  spoil: (payload: unknown) => unknown = (payload) => payload,
): Promise<WebhookRig> {
  let nowMs = () => startMs;
  const simulator = await startWebhookSimulator({ now: () => nowMs(), secrets: [secret], ...options });
  let giveUpEarly = (_requests: number) => {};
  const rig = relayRig((turned) => {
    nowMs = turned.nowMs;
    const opened = impatiently((timeoutMs) => openWebhook({ clock: turned, allowPrivate: true, timeoutMs }));
    giveUpEarly = opened.giveUpEarly;
    const webhook = opened.destination;
    const send: typeof webhook.send = (integration, secrets, payloads) =>
      webhook.send(integration, secrets, payloads.map(spoil));
    return { ...webhook, send };
  }, "webhook");
  return { ...rig, simulator, giveUpEarly };
}
