import type { Random } from "../../../ports/random.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { TransformationStore, TransformationWords } from "../../../ports/transformation-store.ts";
import { ruleWarnings } from "../../data-layer/warnings.ts";
import type { Failure } from "../../model/failure.ts";
import { transformationsMax } from "../../model/limits.ts";
import type { Principal } from "../../model/tenant.ts";
import type { Transformation, TransformationRule } from "../../model/transformation.ts";
import { checkRules } from "../../transformation/rules.ts";
import type { ShownPage } from "../events/list-events.ts";
import { nameFaults } from "../names.ts";
import { type AdminResult, failed, granted, type InputFault, invalid, isId, refused, requireRole } from "../refusal.ts";
import { refuseForeign } from "./find-integration.ts";

/** A transformation as it is shown. */
export interface ShownTransformation {
  readonly id: string;
  readonly integration_id: string;
  readonly name: string;
  readonly position: number;
  readonly enabled: boolean;
  readonly rules: readonly TransformationRule[];
  readonly version: number;
  readonly updated_at: string;
  readonly updated_by: string;
  /** What is probably not meant, of rules that were sent just now. */
  readonly warnings?: readonly InputFault[];
}

/** What can be said of a transformation; what is left out of a change stays. */
export interface TransformationRequest {
  readonly name?: string;
  readonly position?: number;
  readonly enabled?: boolean;
  readonly rules?: unknown;
}

export interface TransformationParts {
  readonly transformations: TransformationStore;
  readonly random: Pick<Random, "uuidv7">;
}

function show(transformation: Transformation): ShownTransformation {
  const { id, integrationId, name, position, enabled, rules, version, updatedAtMs, updatedBy } = transformation;
  const updatedAt = new Date(updatedAtMs).toISOString();
  const words = { id, integration_id: integrationId, name, position, enabled, rules, version };
  return { ...words, updated_at: updatedAt, updated_by: updatedBy };
}

function showWarned(transformation: Transformation): ShownTransformation {
  const warnings = ruleWarnings(transformation.rules);
  return warnings.length > 0 ? { ...show(transformation), warnings } : show(transformation);
}

/** Makes the use case that lists transformations in the order in which they run; viewers may. */
export function createListTransformations(parts: {
  readonly transformations: Pick<TransformationStore, "list">;
  readonly tenants: Pick<TenantStore, "integrations">;
}) {
  return async function listTransformations(
    by: Principal,
    query: Readonly<Record<string, string>>,
  ): Promise<AdminResult<ShownPage<ShownTransformation>>> {
    const { integration_id: integrationId, ...others } = query;
    if (Object.keys(others).length > 0) return invalid([queryFault]);
    const foreign = await refuseForeign(parts.tenants, by, integrationId);
    if (foreign) return foreign;
    const found = await parts.transformations.list(by.orgId, integrationId?.toLowerCase() ?? null);
    return found.ok ? granted({ items: found.value.map(show), next_cursor: null }) : failed(found.failure);
  };
}

/** Makes the use case that shows one transformation; viewers may. */
export function createShowTransformation({ transformations }: Pick<TransformationParts, "transformations">) {
  return async function showTransformation(by: Principal, id: string): Promise<AdminResult<ShownTransformation>> {
    if (!isId(id)) return refused("not_found");
    const found = await transformations.find(by.orgId, id.toLowerCase());
    return found.ok ? granted(show(found.value)) : failed(found.failure);
  };
}

/** Makes the use case that gives an integration a transformation; editors may. */
export function createCreateTransformation({ transformations, random }: TransformationParts) {
  return async function createTransformation(
    by: Principal,
    integrationId: string,
    request: TransformationRequest,
  ): Promise<AdminResult<ShownTransformation>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    const checked = checkRules(request.rules);
    const faults = [...nameFaults(request.name), ...(checked.ok ? [] : checked.faults)];
    if (!checked.ok || faults.length > 0) return invalid(faults);
    if (!isId(integrationId)) return refused("not_found");
    const { name = "", position = 0, enabled = true } = request;
    const words = { name, position, enabled, rules: checked.rules };
    const ids = { id: random.uuidv7(), integrationId: integrationId.toLowerCase() };
    const created = await transformations.create(by, { ...words, ...ids });
    return created.ok ? granted(showWarned(created.value)) : refusedChange(created.failure);
  };
}

/** Makes the use case that changes a transformation; editors may. It is at work with the relay's next claim. */
export function createChangeTransformation({ transformations }: Pick<TransformationParts, "transformations">) {
  return async function changeTransformation(
    by: Principal,
    id: string,
    request: TransformationRequest,
    expectedVersion: number | null,
  ): Promise<AdminResult<ShownTransformation>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    const { rules, ...words } = request;
    const checked = rules === undefined ? null : checkRules(rules);
    const faults = [...nameFaults(request.name), ...(checked === null || checked.ok ? [] : checked.faults)];
    if ((checked && !checked.ok) || faults.length > 0) return invalid(faults);
    if (!isId(id)) return refused("not_found");
    const changed: Partial<TransformationWords> = checked === null ? words : { ...words, rules: checked.rules };
    const stored = await transformations.change(by, id.toLowerCase(), changed, expectedVersion);
    if (!stored.ok) return refusedChange(stored.failure);
    return granted(checked === null ? show(stored.value) : showWarned(stored.value));
  };
}

/** Makes the use case that takes a transformation away; editors may. */
export function createRemoveTransformation({ transformations }: Pick<TransformationParts, "transformations">) {
  return async function removeTransformation(
    by: Principal,
    id: string,
    expectedVersion: number | null,
  ): Promise<AdminResult<null>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    if (!isId(id)) return refused("not_found");
    const removed = await transformations.remove(by, id.toLowerCase(), expectedVersion);
    return removed.ok ? granted(null) : failed(removed.failure);
  };
}

function refusedChange(failure: Failure) {
  return failure.code === "too_many" ? invalid([tooMany]) : failed(failure);
}

const tooMany: InputFault = {
  path: "integration_id",
  code: "too_many",
  message: `An integration may have ${transformationsMax} transformations; put several rules into one.`,
};

const queryFault: InputFault = {
  path: "query",
  code: "unknown_parameter",
  message: "Only this parameter is known: integration_id.",
};
