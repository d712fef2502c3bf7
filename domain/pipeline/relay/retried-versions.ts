import type { RetriedIntegration } from "../../../ports/retry-now.ts";
import type { Integration } from "../../model/delivery.ts";

/** Versions of integrations that this relay was told to try again at once. */
export interface RetriedVersions {
  hear(retried: Pick<RetriedIntegration, "id" | "version">): void;
  /** Whether the integration changed since it was read: then its failure says nothing of how it is now. */
  isOutdated(integration: Pick<Integration, "id" | "version">): boolean;
}

const versionsMax = 10_000;

/** Keeps the versions in memory. Past the bound the oldest is forgotten. */
export function createRetriedVersions(): RetriedVersions {
  const versions = new Map<string, number>();

  return {
    hear({ id, version }) {
      const known = versions.get(id) ?? 0;
      versions.delete(id);
      versions.set(id, Math.max(known, version));
      if (versions.size > versionsMax) versions.delete(versions.keys().next().value as string);
    },
    isOutdated: ({ id, version }) => version < (versions.get(id) ?? 0),
  };
}
