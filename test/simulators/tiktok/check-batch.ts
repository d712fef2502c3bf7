import type { JsonObject } from "../json.ts";
import { badBatchSize, badParameter, type Refusal } from "./answers.ts";
import { checkEvent } from "./check-event.ts";
import { type EventSource, eventSources, eventsPerRequestMax, topKeys } from "./contract.ts";
import { isText, missing, notKnown, notText } from "./rules.ts";

export type Addressed = { ok: true; source: EventSource; sourceId: string } | { ok: false; refusal: Refusal };

export type Judged = {
  /** The events that pass their checks. */
  good: JsonObject[];
  /** The first refusal of the batch; null if every event passes. */
  refusal: Refusal | null;
};

/** Whom a request is for. */
export function readAddress(parameters: JsonObject): Addressed {
  const source = eventSources.find((one) => one === parameters["event_source"]);
  if (source === undefined) return { ok: false, refusal: badParameter("event_source", "Not a valid choice") };
  const sourceId = parameters["event_source_id"];
  if (sourceId === undefined) return { ok: false, refusal: badParameter("event_source_id", missing) };
  if (!isText(sourceId)) return { ok: false, refusal: badParameter("event_source_id", notText) };
  return { ok: true, source, sourceId };
}

/** What is wrong with a request apart from its events. */
export function checkTop(parameters: JsonObject, strict: boolean): Refusal | null {
  const { data, test_event_code: testCode, partner_name: partner } = parameters;
  if (!Array.isArray(data)) return badParameter("data", "Not a valid list");
  if (data.length < 1 || data.length > eventsPerRequestMax) return badBatchSize();
  if (testCode !== undefined && !isText(testCode)) return badParameter("test_event_code", notText);
  if (partner !== undefined) return { code: 40063, message: "The partner name is not valid" };
  const other = strict && Object.keys(parameters).some((key) => !topKeys.has(key));
  return other ? badParameter("body", notKnown) : null;
}

/** Judges every event of a batch by itself; what becomes of the good ones is another's decision. */
export function checkEvents(
  data: readonly unknown[],
  scope: { source: EventSource; nowMs: number; strict: boolean },
): Judged {
  const good: JsonObject[] = [];
  let first: Refusal | null = null;
  for (const [index, event] of data.entries()) {
    const refusal = checkEvent(event, { ...scope, path: `Batch.${index}` });
    if (refusal === null) good.push(event as JsonObject);
    else first ??= refusal;
  }
  return { good, refusal: first };
}
