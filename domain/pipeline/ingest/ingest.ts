import type { Clock } from "../../../ports/clock.ts";
import type { Device } from "../../../ports/device.ts";
import type { EventStream } from "../../../ports/event-stream.ts";
import type { Geo } from "../../../ports/geo.ts";
import type { BodyShape, EventFacts, Kernel, Scan } from "../../../ports/kernel.ts";
import type { Random } from "../../../ports/random.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import type { Vault } from "../../../ports/vault.ts";
import { parseTimestamp } from "../../model/event/timestamp.ts";
import type { FindBytes } from "../../model/event/token-places.ts";
import { assert, type Failure, type Result, succeed } from "../../model/failure.ts";
import type { Limits } from "../../model/limits.ts";
import type { BodyFault } from "../../model/outcome.ts";
import { createScheduler, type Pause } from "../turns.ts";
import { createBuildRecordStep } from "./build-record.ts";
import {
  createCheckSignatureStep,
  type RequestSignature,
  type SignatureFault,
  type VerifySignature,
} from "./check-signature.ts";
import { isClockPlausible } from "./clock-plausible.ts";
import { isLong, sliceBatch } from "./finish-in-slices.ts";
import { createResolveFactsStep } from "./resolve-facts.ts";
import { createSealTokensStep } from "./seal-tokens.ts";
import { type RejectedEvent, type SortedEvents, sortEvents } from "./sort-events.ts";
import type { KnownSource, SourceDirectory, SourceKey } from "./source-directory.ts";
import { createSourceRate } from "./source-rate.ts";

/** How a request says which source it speaks for: by a key it carries, by the body's `writeKey`, or signed. */
export type IngestAuth =
  | { readonly kind: "key"; readonly key: SourceKey }
  | { readonly kind: "body" }
  | { readonly kind: "signed"; readonly key: SourceKey; readonly signature: RequestSignature };

/** One request, its body already decompressed and bounded. Raw values: they live no longer than the request. */
export interface IngestRequest {
  readonly shape: BodyShape;
  readonly body: Uint8Array;
  readonly auth: IngestAuth;
  readonly senderIp: string | null;
  readonly senderUserAgent: string | null;
  readonly receivedAtMs: number;
}

export type Unauthorized = "source_missing" | "source_unknown" | "dialect_refused" | SignatureFault;

/** What became of a request. What is `taken` is durable; `accepted` counts what the data layer dropped, too. */
export type IngestAnswer =
  | {
      readonly kind: "taken";
      readonly accepted: number;
      readonly dropped: number;
      readonly rejected: readonly RejectedEvent[];
    }
  | { readonly kind: "malformed"; readonly fault: BodyFault }
  | { readonly kind: "unauthorized"; readonly code: Unauthorized }
  | { readonly kind: "limited"; readonly retryAfterMs: number }
  | { readonly kind: "unavailable"; readonly code: string; readonly retryAfterMs: number };

export interface IngestParts {
  readonly directory: SourceDirectory;
  readonly kernel: Kernel;
  readonly stream: EventStream;
  readonly geo: Geo;
  readonly device: Device;
  readonly vault: Vault;
  readonly verifySignature: VerifySignature;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly limits: Limits;
  /** Lowercase hex SHA-256 of a text in UTF-8. */
  readonly sha256Hex: (text: string) => string;
  readonly findBytes: FindBytes;
  readonly pause: Pause;
}

export type Ingest = (request: IngestRequest) => Promise<IngestAnswer>;

const retryAfterMs = 2_000;
const fullBacklog = "events are refused until the store has caught up with the backlog";
const notKept = "events are refused, as they can't be kept: is the disk of the data folder full, or not writable?";

/** `scan` is the body's, where it had to be read for the key: valid until the next `await`. */
interface NamedSource {
  readonly kind: "named";
  readonly key: SourceKey;
  readonly scan: Scan | null;
}

/**
 * Makes the way of a request from its bytes to the stream: nothing raw passes beyond it, and what it answers as
 * taken survives a kill.
 */
export function createIngest(parts: IngestParts): Ingest {
  const { directory, kernel, limits } = parts;
  const checkSignature = createCheckSignatureStep(parts);
  const resolveFacts = createResolveFactsStep(parts);
  const buildRecord = createBuildRecordStep(parts);
  const sourceRate = createSourceRate(parts.clock);
  const sealTokens = createSealTokensStep(parts);
  const runInTurns = createScheduler(parts.pause);

  async function ingest(request: IngestRequest): Promise<IngestAnswer> {
    if (!directory.isFresh()) return refused({ code: "configuration_stale", retry: "backoff", effect: "none" });
    if (!isClockPlausible(request.receivedAtMs))
      return refused({ code: "clock_wrong", retry: "backoff", effect: "none" });
    const named = nameSource(request);
    if (named.kind !== "named") return named;
    const source = directory.cached(named.key);
    if (source && named.scan) return admitted(request, source) ?? (await accept(request, source, named.scan));
    const found = source === undefined ? await directory.find(named.key) : succeed(source);
    if (!found.ok) return refused(found.failure);
    if (found.value === null) return { kind: "unauthorized", code: "source_unknown" };
    const unwanted = admitted(request, found.value);
    if (unwanted) return unwanted;
    const unsigned = await signatureFault(request, found.value);
    if (!unsigned.ok) return refused(unsigned.failure);
    if (unsigned.value) return { kind: "unauthorized", code: unsigned.value };
    const scan = kernel.scan(request.body, request.shape, limits);
    return scan.ok ? await accept(request, found.value, scan) : { kind: "malformed", fault: scan.fault };
  }

  /** The key the request names its source by; the body is scanned for it only where no header has it. */
  function nameSource(request: IngestRequest): NamedSource | IngestAnswer {
    if (request.auth.kind !== "body") return { kind: "named", key: request.auth.key, scan: null };
    const scan = kernel.scan(request.body, request.shape, limits);
    if (!scan.ok) return { kind: "malformed", fault: scan.fault };
    if (!scan.writeKey) return { kind: "unauthorized", code: "source_missing" };
    return { kind: "named", key: { by: "write-key", value: scan.writeKey }, scan };
  }

  /** Null if the source takes what comes this way, and now. */
  function admitted(request: IngestRequest, { binding: { source } }: KnownSource): IngestAnswer | null {
    const dialect = request.auth.kind === "signed" ? "signed" : request.shape.dialect;
    if (source.dialect !== "any" && source.dialect !== dialect)
      return { kind: "unauthorized", code: "dialect_refused" };
    const waitMs = sourceRate.waitMs(source);
    return waitMs > 0 ? { kind: "limited", retryAfterMs: waitMs } : null;
  }

  async function signatureFault(request: IngestRequest, source: KnownSource): Promise<Result<SignatureFault | null>> {
    if (request.auth.kind !== "signed") return succeed(null);
    return await checkSignature(source.binding, request.auth.signature, request.receivedAtMs);
  }

  async function accept(request: IngestRequest, source: KnownSource, scan: Scan): Promise<IngestAnswer> {
    const { sentAt, count: scanned } = scan;
    sourceRate.take(source.binding.source, scanned);
    const isSliced = isLong(scanned, source.eventNs);
    const sorted = isSliced ? await sanitiseInTurns(scanned, request, source) : sanitise(scan, request, source);
    const sealing = sealTokens(sorted, source.binding.source.orgId);
    const events = sealing === null ? sorted : await sealing;
    const signature = request.auth.kind === "signed" ? request.auth.signature.signature.trim().toLowerCase() : null;
    if (sentAt && parseTimestamp(sentAt) === null) parts.telemetry.count("ingest_unreadable_sent_at_total", 1);
    const record = buildRecord(source.binding, events, { receivedAtMs: request.receivedAtMs, sentAt, signature });
    if (record.accepted > 0) {
      const appended = await parts.stream.append(record);
      if (!appended.ok) {
        sourceRate.giveBack(source.binding.source, scanned);
        const { code } = appended.failure;
        parts.telemetry.log("error", code === "stream_full" ? fullBacklog : notKept, { code: word(code) });
        return refused(appended.failure);
      }
    }
    const dropped = record.accepted - events.passed.count;
    count(record.accepted, dropped, events.rejected.length);
    return { kind: "taken", accepted: record.accepted, dropped, rejected: events.rejected };
  }

  /** No `await` in here: a scan is valid only until the kernel's next one. */
  function sanitise(scan: Scan, request: IngestRequest, source: KnownSource) {
    const { program, judge } = source;
    const sender = { ip: request.senderIp, userAgent: request.senderUserAgent };
    const facts = resolveFacts(scan, sender, judge, program.trustClaims);
    return sortEvents(scan.finish(program, facts, sender.userAgent));
  }

  /** What one call would give, in slices between which others have their turn. */
  async function sanitiseInTurns(count: number, request: IngestRequest, source: KnownSource): Promise<SortedEvents> {
    const { program, judge, eventNs } = source;
    const sender = { ip: request.senderIp, userAgent: request.senderUserAgent };
    const slices = sliceBatch({
      count,
      eventNs,
      nowMs: parts.clock.nowMs,
      scan() {
        const scan = kernel.scan(request.body, request.shape, limits);
        assert(scan.ok, "a body that was well-formed is so again");
        return scan;
      },
      factsOf: (scan, start, end) => resolveFacts(scan, sender, judge, program.trustClaims, start, end),
      finish: (scan: Scan, facts: readonly EventFacts[]) => scan.finish(program, facts, sender.userAgent),
    });
    await runInTurns(source.binding.source.orgId, slices.next);
    return sortEvents(slices.batch());
  }

  function refused(failure: Failure): IngestAnswer {
    parts.telemetry.count("ingest_unavailable_total", 1, { code: failure.code });
    const afterMs = typeof failure.retry === "object" ? failure.retry.afterMs : retryAfterMs;
    return { kind: "unavailable", code: failure.code, retryAfterMs: afterMs };
  }

  function count(accepted: number, dropped: number, rejected: number): void {
    if (accepted > 0) parts.telemetry.count("ingest_events_accepted_total", accepted);
    if (dropped > 0) parts.telemetry.count("ingest_events_dropped_total", dropped);
    if (rejected > 0) parts.telemetry.count("ingest_events_rejected_total", rejected);
  }

  return ingest;
}
