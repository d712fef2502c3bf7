import type { Integration } from "../domain/model/delivery.ts";
import type { Result } from "../domain/model/failure.ts";

/** An integration whose configuration was changed, or whose vendor said yes to somebody, as it is since then. */
export type Mended = Pick<Integration, "orgId" | "id" | "version">;

/** How relays hear that an integration need not be left alone any longer. */
export interface Mendings {
  /** Makes what waits for an integration due at once, leases aside, and tells every relay. */
  mend(integration: Mended, nowMs: number): Promise<Result<void>>;
  /**
   * Calls `heard` with each integration that is mended from now on, by whatever process; returns what ends that.
   * What is told while the connection is lost is not heard: then the relay's own patience counts.
   */
  watchMended(heard: (mended: Pick<Mended, "id" | "version">) => void): () => void;
}
