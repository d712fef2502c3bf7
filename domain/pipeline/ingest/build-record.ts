import type { StreamRecord } from "../../../ports/event-stream.ts";
import type { Random } from "../../../ports/random.ts";
import { fieldText } from "../../model/event/event.ts";
import { acceptedEvents, encodeRecord } from "../../model/event/record.ts";
import { parseTimestamp } from "../../model/event/timestamp.ts";
import type { SourceBinding } from "../../model/tenant.ts";
import type { SortedEvents } from "./sort-events.ts";

export interface RecordFacts {
  readonly receivedAtMs: number;
  /** The body's own sentAt, as text. */
  readonly sentAt: string | null;
  /** The signature of a signed request, checked: the same request sent again has the same. */
  readonly signature: string | null;
}

export interface BuildRecordParts {
  readonly random: Pick<Random, "uuidv7">;
  /** Lowercase hex SHA-256 of a text in UTF-8. */
  readonly sha256Hex: (text: string) => string;
}

/**
 * Makes the step that packs what is left of a request for the stream; events without a messageId get one here.
 *
 * Those of a signed request get the same one each time, by the signature and their place: whoever got hold of a request
 * may send it again for as long as its timestamp counts, and stores nothing a second time.
 */
export function createBuildRecordStep({ random, sha256Hex }: BuildRecordParts) {
  return function buildRecord(binding: SourceBinding, events: SortedEvents, facts: RecordFacts): StreamRecord {
    const { source, dataLayer } = binding;
    const { passed, dropped, places } = events;
    const mint = (index: number) => {
      if (facts.signature === null) return random.uuidv7();
      return uuidOf(sha256Hex(`${source.id}/${facts.signature}/${places ? places[index] : index}`));
    };
    const messageIds = Array.from({ length: passed.count }, (_, index) => {
      return fieldText(passed, index, "messageId") || mint(index);
    });
    const id = random.uuidv7();
    const bytes = encodeRecord({
      id,
      orgId: source.orgId,
      projectId: source.projectId,
      sourceId: source.id,
      appId: source.appId,
      dataLayerVersion: dataLayer.version,
      receivedAtMs: facts.receivedAtMs,
      sentAtMs: parseTimestamp(facts.sentAt),
      dropped,
      messageIds,
      batch: passed,
    });
    const accepted = acceptedEvents({ batch: passed, dropped });
    return { id, orgId: source.orgId, sourceId: source.id, accepted, bytes };
  };
}

/** A UUID of version 8, whose bits are its maker's own, out of 64 hexadecimal digits. RFC 9562, 5.8. */
function uuidOf(hex: string): string {
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) & 3];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
