import type { DeadLetter, DeadLetterFilter, DeadLetters } from "../../../ports/dead-letters.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Principal } from "../../model/tenant.ts";
import { cursorFault, type ShownPage } from "../events/list-events.ts";
import { refuseForeign } from "../integrations/find-integration.ts";
import { isoTime } from "../names.ts";
import { createFilterReader, type FilterReader, given, type Query } from "../query-filters.ts";
import { type AdminResult, failed, granted, invalid, isId, refused } from "../refusal.ts";

/** A dead letter: which event, where and why; codes, ids and the event's name, nothing else of what it said. */
export interface ShownDeadLetter {
  readonly id: string;
  readonly integration_id: string | null;
  readonly event_id: string | null;
  readonly message_id: string | null;
  readonly event_name: string | null;
  readonly stage: "store" | "relay";
  readonly code: string;
  readonly created_at: string;
  /** Since when the vendor may have it all the same; past 48 hours it can't be sent again. */
  readonly ambiguous_since: string | null;
}

export const letterFilters = ["integration_id", "code", "event_name", "since", "until"];

/** What a query or a body says of which dead letters are meant. */
export function readLetterFilter(reader: FilterReader): DeadLetterFilter {
  return given({
    integrationId: reader.id("integration_id"),
    code: reader.text("code"),
    eventName: reader.text("event_name"),
    sinceMs: reader.time("since"),
    untilMs: reader.time("until"),
  });
}

/** Makes the use case that lists what could not be stored or relayed; viewers may. */
export function createListDeadLetters(parts: {
  readonly outbox: Pick<DeadLetters, "deadLetters">;
  readonly tenants: Pick<TenantStore, "integrations">;
}) {
  return async function listDeadLetters(by: Principal, query: Query): Promise<AdminResult<ShownPage<ShownDeadLetter>>> {
    const reader = createFilterReader(query);
    reader.only([...letterFilters, "cursor", "limit"]);
    const asked = { ...readLetterFilter(reader), ...given({ limit: reader.limit(), cursor: query["cursor"] }) };
    if (reader.faults.length > 0) return invalid(reader.faults);
    const foreign = await refuseForeign(parts.tenants, by, asked.integrationId);
    if (foreign) return foreign;
    const page = await parts.outbox.deadLetters(by.orgId, asked);
    if (!page.ok) return page.failure.code === "invalid_cursor" ? invalid([cursorFault]) : failed(page.failure);
    return granted({ items: page.value.items.map(show), next_cursor: page.value.nextCursor });
  };
}

/** Makes the use case that shows one dead letter; viewers may. */
export function createShowDeadLetter(letters: Pick<DeadLetters, "deadLetters">) {
  return async function showDeadLetter(by: Principal, id: string): Promise<AdminResult<ShownDeadLetter>> {
    if (!isId(id)) return refused("not_found");
    const page = await letters.deadLetters(by.orgId, { ids: [id.toLowerCase()], limit: 1 });
    if (!page.ok) return failed(page.failure);
    const [letter] = page.value.items;
    return letter ? granted(show(letter)) : refused("not_found");
  };
}

function show(letter: DeadLetter): ShownDeadLetter {
  return {
    id: letter.id,
    integration_id: letter.integrationId,
    event_id: letter.eventId,
    message_id: letter.messageId,
    event_name: letter.eventName,
    stage: letter.stage,
    code: letter.code,
    created_at: isoTime(letter.createdAtMs),
    ambiguous_since: letter.ambiguousSinceMs === null ? null : isoTime(letter.ambiguousSinceMs),
  };
}
