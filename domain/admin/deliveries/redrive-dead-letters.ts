import type { Clock } from "../../../ports/clock.ts";
import type { DeadLetterFilter, DeadLetters } from "../../../ports/dead-letters.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { ambiguityHorizonMs, pageItemsMax, redriveLettersMax } from "../../model/limits.ts";
import type { Principal } from "../../model/tenant.ts";
import { createFilterReader } from "../query-filters.ts";
import { type AdminResult, failed, granted, type InputFault, invalid, isId, refused, requireRole } from "../refusal.ts";
import { letterFilters, readLetterFilter } from "./list-dead-letters.ts";

/** Exactly one of the three says what is meant, so that nothing is redriven by a body that forgot to. */
export interface RedriveRequest {
  readonly ids?: readonly string[];
  readonly filter?: Readonly<Record<string, string>>;
  readonly all?: true;
}

export interface ShownRedrive {
  readonly redriven: number;
  /** Left where they are: their last answer was lost more than 48 hours ago, so the vendor might count them twice. */
  readonly left_ambiguous: number;
  /** Whether to call again: there are more than one call moves. */
  readonly more: boolean;
}

export interface RedriveParts {
  readonly outbox: Pick<DeadLetters, "deadLetters" | "redrive">;
  readonly tenants: Pick<TenantStore, "integrations">;
  readonly clock: Pick<Clock, "nowMs">;
}

/**
 * Makes the use case that sends dead letters again; editors may.
 *
 * They go under the id and time they had; under the name they had, too, if the vendor may have got them, and else under
 * that of the integration's settings and transformations by now. What became too old for the vendor meanwhile ends as
 * expired with the relay's next claim, unsent.
 */
export function createRedriveDeadLetters({ outbox, tenants, clock }: RedriveParts) {
  async function filterOf(by: Principal, request: RedriveRequest): Promise<AdminResult<DeadLetterFilter>> {
    if (request.ids !== undefined) return byIds(by, request.ids);
    if (request.filter === undefined) return granted({});
    const reader = createFilterReader(request.filter);
    reader.only(letterFilters);
    const filter = readLetterFilter(reader);
    if (Object.keys(request.filter).length === 0) reader.faults.push(emptyFault);
    if (reader.faults.length > 0) return invalid(reader.faults);
    const { integrationId } = filter;
    if (integrationId === undefined) return granted(filter);
    const own = await tenants.integrations(by.orgId);
    if (!own.ok) return failed(own.failure);
    return own.value.some(({ id }) => id === integrationId) ? granted(filter) : refused("not_found");
  }

  async function byIds(by: Principal, given: readonly string[]): Promise<AdminResult<DeadLetterFilter>> {
    if (!given.every(isId)) return refused("not_found");
    const ids = [...new Set(given.map((id) => id.toLowerCase()))];
    const found = await outbox.deadLetters(by.orgId, { ids, limit: pageItemsMax });
    if (!found.ok) return failed(found.failure);
    if (found.value.items.length < ids.length) return refused("not_found");
    return found.value.items.some((letter) => letter.stage === "store") ? invalid([storeFault]) : granted({ ids });
  }

  return async function redriveDeadLetters(by: Principal, request: RedriveRequest): Promise<AdminResult<ShownRedrive>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    const said = [request.ids, request.filter, request.all].filter((part) => part !== undefined);
    if (said.length !== 1) return invalid([choiceFault]);
    const filter = await filterOf(by, request);
    if (!filter.ok) return filter;
    const nowMs = clock.nowMs();
    const bounds = { nowMs, ambiguousBeforeMs: nowMs - ambiguityHorizonMs, lettersMax: redriveLettersMax };
    const moved = await outbox.redrive(by, filter.value, bounds);
    if (!moved.ok) return failed(moved.failure);
    const { redriven, leftAmbiguous, more } = moved.value;
    return granted({ redriven, left_ambiguous: leftAmbiguous, more });
  };
}

const choiceFault: InputFault = {
  path: "body",
  code: "ambiguous_choice",
  message: 'Send exactly one of `ids`, `filter` and `"all": true`.',
};

const emptyFault: InputFault = {
  path: "filter",
  code: "empty",
  message: `Narrow it by one of ${letterFilters.join(", ")}, or send "all": true.`,
};

const storeFault: InputFault = {
  path: "ids",
  code: "not_redrivable",
  message: "Only what could not be relayed can be sent again; what could not be stored is not kept.",
};
