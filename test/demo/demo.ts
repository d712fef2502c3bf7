/**
 * `npm run demo`: the whole of Tidegate on a temporary folder, with Meta's simulator behind it. Sends a few hundred
 * varied events, waits until all are relayed, shows what became of them, and looks for raw values in all that was kept.
 */
import { type Canary, createScanner } from "../privacy/leak-scan.ts";
import { startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { excerpt, openProgress, table } from "./report.ts";
import { people, type Sent, sendWithLayers, sendWithSegment } from "./traffic.ts";

const segmentEvents = 300;
const layersEvents = 60;
const peopleCount = 40;
const settleMaxMs = 60_000;
const asJson = process.argv.includes("--json");
const shown = !asJson && Boolean(process.stderr.isTTY);

interface Ledger {
  readonly sources: {
    readonly accepted: number;
    readonly stored: number;
    readonly duplicate: number;
    readonly dead: number;
    readonly in_flight: number;
    readonly balanced: boolean;
    readonly dropped: Readonly<Record<string, number>>;
  }[];
  readonly integrations: {
    readonly queued: number;
    readonly delivered: number;
    readonly dead: number;
    readonly expired: number;
    readonly waiting: number;
    readonly balanced: boolean;
  }[];
}

const dataLayer = {
  pii_rules: { enabled: true, hash_fields: ["traits.name"], redact_fields: ["properties.credit_card"] },
  routing_rules: [{ condition: "context.page.url contains '/staging'", action: "drop" }],
};

function say(text: string): void {
  if (!asJson) console.log(text);
}

async function admin(tidegate: TidegateProcess, method: string, path: string, body?: unknown): Promise<unknown> {
  const { admin_url, admin_token } = tidegate.credentials;
  const answer = await fetch(`${admin_url}${path}`, {
    method,
    headers: { authorization: `Bearer ${admin_token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const parsed = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(parsed)}`);
  return parsed;
}

async function settled(tidegate: TidegateProcess, accepted: number): Promise<Ledger> {
  let ledger: Ledger | undefined;
  await waitFor(
    async () => {
      ledger = (await admin(tidegate, "GET", "/v1/admin/ledger")) as Ledger;
      const source = ledger.sources[0];
      const waiting = ledger.integrations.reduce((sum, integration) => sum + integration.waiting, 0);
      return source !== undefined && source.accepted >= accepted && source.in_flight === 0 && waiting === 0;
    },
    settleMaxMs,
    () => `not settled: ${JSON.stringify(ledger)}`,
  );
  return ledger as Ledger;
}

/** What must be found nowhere: what each person is known by. */
function canaries(): Canary[] {
  return people(peopleCount).flatMap((person) => [
    { name: `email of ${person.userId}`, value: person.email },
    { name: `phone of ${person.userId}`, value: person.phone.slice(1) },
    { name: `ip of ${person.userId}`, value: person.ip },
    { name: `user agent of ${person.userId}`, value: person.userAgent },
  ]);
}

async function main(): Promise<void> {
  say("Starting Tidegate and Meta's simulator …");
  const simulator = await startMetaSimulator();
  const tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
  try {
    const { project_id } = tidegate.credentials;
    await admin(tidegate, "PUT", "/v1/admin/data-layer", { config: dataLayer });
    const config = { pixel_id: "1234567890", access_token: "demo-token" };
    await admin(tidegate, "POST", "/v1/admin/integrations", { vendor: "meta", project_id, config });

    const crowd = people(peopleCount);
    const segmentBar = openProgress("@segment/analytics-node", segmentEvents, shown);
    const segment = await sendWithSegment(tidegate.credentials, crowd, segmentEvents, segmentBar.step);
    segmentBar.done();
    const layersBar = openProgress("Layers app", layersEvents, shown);
    const layers = await sendWithLayers(tidegate.credentials, crowd, layersEvents, layersBar.step);
    layersBar.done();

    const sent: Sent = { ...segment, ...layers, conversions: segment.conversions + layers.conversions };
    const ledger = await settled(tidegate, segmentEvents + layersEvents);
    const page = (await admin(tidegate, "GET", "/v1/events?event_names=Order%20Completed&limit=1")) as {
      items: unknown[];
    };
    const requests = simulator.requests();
    await tidegate.stop();
    const scanner = createScanner(canaries());
    const atRest = [scanner.scanFolder(tidegate.dataDir), scanner.scanFolder(tidegate.secretsDir)];
    const elsewhere = [
      ...scanner.scanBytes(Buffer.from(tidegate.output()), "standard output"),
      ...requests.flatMap((request) => scanner.scanBytes(request.body, "a vendor request")),
    ];
    const leaks = [...atRest.flatMap((scan) => scan.leaks), ...elsewhere];
    const files = atRest.reduce((sum, scan) => sum + scan.files, 0);
    const example = JSON.parse(new TextDecoder().decode(requests[0]?.body ?? new Uint8Array([0x7b, 0x7d])));
    const result = {
      sent,
      ledger,
      meta: simulator.counts(),
      scan: { files, leaks },
      stored: page.items[0],
      request: example,
    };
    if (asJson) console.log(JSON.stringify(result));
    else show(result);
    if (leaks.length > 0 || !ledger.sources.every((source) => source.balanced)) process.exitCode = 1;
  } finally {
    await tidegate.dispose();
    await simulator.close();
  }
}

function show(result: {
  readonly sent: Sent;
  readonly ledger: Ledger;
  readonly meta: ReturnType<Awaited<ReturnType<typeof startMetaSimulator>>["counts"]>;
  readonly scan: { readonly files: number; readonly leaks: readonly unknown[] };
  readonly stored: unknown;
  readonly request: { readonly data?: readonly unknown[] };
}): void {
  const { sent, ledger, meta, scan } = result;
  const source = ledger.sources[0] as Ledger["sources"][number];
  const integration = ledger.integrations[0] as Ledger["integrations"][number];
  const dropped = Object.entries(source.dropped).map(([reason, count]) => [`  dropped: ${reason}`, count] as const);
  say(`\nWhat became of the events\n`);
  say(
    table(
      ["", "events"],
      [
        ["sent by the Segment library", sent.segment],
        ["sent by the Layers app", sent.layers],
        ["accepted", source.accepted],
        ["  stored", source.stored],
        ["  duplicate", source.duplicate],
        ...dropped,
        ["  dead", source.dead],
        ["  in flight", source.in_flight],
        ["queued for Meta", integration.queued],
        ["  delivered", integration.delivered],
        ["  dead", integration.dead],
        ["received by Meta's simulator", meta.received],
        ["  counted there once", meta.effective],
      ],
    ),
  );
  say(`\nOne stored event\n\n${excerpt(result.stored, 60)}`);
  say(`\nOne vendor request (its first event)\n\n${excerpt(result.request.data?.[0], 40)}`);
  say(`\nRaw emails, phones, addresses and User-Agents found in ${scan.files} files, the output and the vendor's`);
  say(`requests: ${scan.leaks.length}`);
}

await main();
