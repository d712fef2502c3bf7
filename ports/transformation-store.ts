import type { Result } from "../domain/model/failure.ts";
import type { Principal } from "../domain/model/tenant.ts";
import type { Transformation } from "../domain/model/transformation.ts";

/** What can be said of a transformation. */
export type TransformationWords = Pick<Transformation, "name" | "position" | "enabled" | "rules">;

/** What integrations change about events. A change governs every event claimed after it. */
export interface TransformationStore {
  /** Of one integration, or of all, in the order in which they run. */
  list(orgId: string, integrationId: string | null): Promise<Result<readonly Transformation[]>>;
  /** Errors: `not_found`, for another's as for none. */
  find(orgId: string, id: string): Promise<Result<Transformation>>;
  /** Errors: `not_found` if the integration is not the organisation's own, `too_many` past `transformationsMax`. */
  create(
    by: Principal,
    made: TransformationWords & { readonly id: string; readonly integrationId: string },
  ): Promise<Result<Transformation>>;
  /** Errors: `not_found`; `version_conflict` if `expectedVersion` is given and not the current one. */
  change(
    by: Principal,
    id: string,
    words: Partial<TransformationWords>,
    expectedVersion: number | null,
  ): Promise<Result<Transformation>>;
  /** Errors: `not_found`; `version_conflict` if `expectedVersion` is given and not the current one. */
  remove(by: Principal, id: string, expectedVersion: number | null): Promise<Result<void>>;
}
