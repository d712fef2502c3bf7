import type { StreamRecord } from "../../../ports/event-stream.ts";
import type { Random } from "../../../ports/random.ts";
import { fieldText } from "../../model/event.ts";
import { acceptedEvents, encodeRecord } from "../../model/record.ts";
import type { SourceBinding } from "../../model/tenant.ts";
import { parseTimestamp } from "./event-time.ts";
import type { SortedEvents } from "./sort-events.ts";

export interface RecordFacts {
  readonly receivedAtMs: number;
  /** The body's own sentAt, as text. */
  readonly sentAt: string | null;
}

/** Makes the step that packs what is left of a request for the stream; events without a messageId get one here. */
export function createBuildRecordStep(random: Pick<Random, "uuidv7">) {
  return function buildRecord(binding: SourceBinding, events: SortedEvents, facts: RecordFacts): StreamRecord {
    const { source, dataLayer } = binding;
    const { passed, dropped } = events;
    const messageIds = Array.from({ length: passed.count }, (_, index) => {
      return fieldText(passed, index, "messageId") || random.uuidv7();
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
