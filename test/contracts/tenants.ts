import { createHash, randomUUID } from "node:crypto";
import { defaultDataLayer } from "../../domain/data-layer/configuration.ts";
import type { DataLayerConfig } from "../../domain/model/data-layer.ts";
import type { Principal, SealedSecret } from "../../domain/model/tenant.ts";
import type { FirstTenant, NewIntegration } from "../../ports/tenant-store.ts";

/** Adds no events of its own to what a test sends; sessions are told of in tests of their own. */
export const quietDataLayer: DataLayerConfig = {
  ...defaultDataLayer,
  session: { ...defaultDataLayer.session, track_session_start: false, track_session_end: false },
};

/** An organisation with ids and keys of its own, as the first start or a fixture creates it. */
export function newTenant(name = "Acme", dataLayer = quietDataLayer): FirstTenant {
  return {
    orgId: randomUUID(),
    orgName: name,
    projectId: randomUUID(),
    projectName: `${name}'s app`,
    sourceId: randomUUID(),
    sourceName: `${name}'s source`,
    sourceKind: "server",
    writeKey: `wk_${randomUUID()}`,
    appId: `app_${randomUUID()}`,
    sealedSigningSecret: `sealed ${name}` as SealedSecret,
    ownerId: randomUUID(),
    ownerName: "Owner",
    adminTokenSha256: createHash("sha256").update(randomUUID()).digest("hex"),
    dataLayer,
  };
}

/** The owner of a tenant, as a caller of the admin API. */
export function ownerOf(tenant: FirstTenant): Principal {
  return { orgId: tenant.orgId, memberId: tenant.ownerId, role: "owner" };
}

/** An integration for a tenant's project, enabled. */
export function newIntegration(tenant: FirstTenant, rest: Partial<NewIntegration> = {}): NewIntegration {
  return {
    id: randomUUID(),
    projectId: tenant.projectId,
    vendor: "meta",
    name: "Pixel",
    enabled: true,
    config: { pixel_id: "123" },
    sealedSecrets: { access_token: "sealed token" as SealedSecret },
    ...rest,
  };
}
