import type { DeadLetter, Outbox } from "../../ports/outbox.ts";
import { pageItemsDefault, pageItemsMax } from "../model/limits.ts";
import type { Principal } from "../model/tenant.ts";
import { cursorFault, type ShownPage } from "./list-events.ts";
import { type AdminResult, failed, granted, invalid } from "./refusal.ts";

/** A dead letter: which event, where and why; codes and ids only. */
export interface ShownDeadLetter {
  readonly id: string;
  readonly integration_id: string | null;
  readonly event_id: string | null;
  readonly message_id: string | null;
  readonly stage: "store" | "relay";
  readonly code: string;
  readonly created_at: string;
}

/** Makes the use case that lists what could not be stored or relayed; viewers may. */
export function createListDeadLetters(outbox: Pick<Outbox, "deadLetters">) {
  return async function listDeadLetters(
    by: Principal,
    query: Readonly<Record<string, string>>,
  ): Promise<AdminResult<ShownPage<ShownDeadLetter>>> {
    const limit = query["limit"] === undefined ? pageItemsDefault : Number(query["limit"]);
    if (!Number.isInteger(limit) || limit < 1 || limit > pageItemsMax) {
      const message = `Send a whole number from 1 to ${pageItemsMax}.`;
      return invalid([{ path: "limit", code: "out_of_range", message }]);
    }
    const cursor = query["cursor"];
    const page = await outbox.deadLetters(by.orgId, cursor === undefined ? { limit } : { limit, cursor });
    if (!page.ok) return page.failure.code === "invalid_cursor" ? invalid([cursorFault]) : failed(page.failure);
    return granted({ items: page.value.items.map(show), next_cursor: page.value.nextCursor });
  };
}

function show(letter: DeadLetter): ShownDeadLetter {
  return {
    id: letter.id,
    integration_id: letter.integrationId,
    event_id: letter.eventId,
    message_id: letter.messageId,
    stage: letter.stage,
    code: letter.code,
    created_at: new Date(letter.createdAtMs).toISOString(),
  };
}
