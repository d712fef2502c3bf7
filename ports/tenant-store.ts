import type { DataLayerConfig, DataLayerVersion, DataLayerVersionEntry } from "../domain/model/data-layer.ts";
import type { Integration, Vendor } from "../domain/model/delivery.ts";
import type { Result } from "../domain/model/failure.ts";
import type { Principal, SealedSecret, Source, SourceBinding, SourceKind } from "../domain/model/tenant.ts";

/** A source that is made together with its organisation. */
export interface FirstSource {
  readonly sourceId: string;
  readonly sourceName: string;
  readonly sourceKind: SourceKind;
  readonly writeKey: string;
  readonly appId: string;
  readonly sealedSigningSecret: SealedSecret;
}

/** What the first start creates. The ids are minted by the caller, so that secrets can be sealed for their place. */
export interface FirstTenant extends FirstSource {
  readonly orgId: string;
  readonly orgName: string;
  readonly projectId: string;
  readonly projectName: string;
  /** Further sources of the same project. */
  readonly otherSources?: readonly FirstSource[];
  readonly ownerId: string;
  readonly ownerName: string;
  readonly adminTokenSha256: string;
  readonly dataLayer: DataLayerConfig;
}

export interface NewIntegration {
  readonly id: string;
  readonly projectId: string;
  readonly vendor: Vendor;
  readonly name: string;
  readonly enabled: boolean;
  readonly config: Readonly<Record<string, unknown>>;
  readonly sealedSecrets: Readonly<Record<string, SealedSecret>>;
}

/** What changes about an integration; what is left out stays. Secrets and configuration are replaced as a whole. */
export interface IntegrationChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly paused?: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly sealedSecrets?: Readonly<Record<string, SealedSecret>>;
}

/** A change that a caching reader must hear of. */
export interface TenantChange {
  readonly orgId: string;
}

/** Organisations and what they configure. */
export interface TenantStore {
  /** Creates the first organisation unless there is one; false if there was. */
  createFirstTenant(tenant: FirstTenant): Promise<Result<boolean>>;
  /** The id of the organisation that was made first; null if there is none. */
  firstOrganization(): Promise<Result<string | null>>;
  /** The source a write key or an app id belongs to, its organisation's current data layer with it; null if none. */
  bindingByWriteKey(writeKey: string): Promise<Result<SourceBinding | null>>;
  bindingByAppId(appId: string): Promise<Result<SourceBinding | null>>;
  /** One of the organisation's own sources. Errors: `not_found`, for another's as for none. */
  source(orgId: string, sourceId: string): Promise<Result<Source>>;
  principalByTokenHash(tokenSha256: string): Promise<Result<Principal | null>>;
  dataLayer(orgId: string): Promise<Result<DataLayerVersion>>;
  /** One version, whatever its age. Errors: `not_found`. */
  dataLayerVersion(orgId: string, version: number): Promise<Result<DataLayerVersion>>;
  /** Newest first; only versions older than `beforeVersion` where it is given. */
  dataLayerVersions(
    orgId: string,
    page: { readonly limit: number; readonly beforeVersion: number | null },
  ): Promise<Result<readonly DataLayerVersionEntry[]>>;
  /** Appends a version. Errors: `version_conflict` if `expectedVersion` is given and not the current one. */
  putDataLayer(
    by: Principal,
    config: DataLayerConfig,
    expectedVersion: number | null,
  ): Promise<Result<DataLayerVersion>>;
  /** Errors: `not_found` if the project is not the organisation's own. */
  createIntegration(by: Principal, integration: NewIntegration): Promise<Result<Integration>>;
  /** Errors: `not_found`; `version_conflict` if `expectedVersion` is given and not the current one. */
  changeIntegration(
    by: Principal,
    integrationId: string,
    change: IntegrationChange,
    expectedVersion: number | null,
  ): Promise<Result<Integration>>;
  /** Puts these sealed secrets in the place of all it had. Errors: `not_found`, `version_conflict`. */
  replaceIntegrationSecrets(
    by: Principal,
    integrationId: string,
    sealedSecrets: Readonly<Record<string, SealedSecret>>,
    expectedVersion: number,
  ): Promise<Result<Integration>>;
  /**
   * Hides an integration for good: its secrets and transformations go, what waits for it is canceled, its receipts and
   * books stay. Shape: its version from now on. Errors: `not_found`, `version_conflict`.
   */
  deleteIntegration(by: Principal, integrationId: string, expectedVersion: number | null): Promise<Result<number>>;
  /** Those that are not deleted. */
  integrations(orgId: string): Promise<Result<Integration[]>>;
  /** Whether the project is the organisation's own; another's and none are the same. */
  hasProject(orgId: string, projectId: string): Promise<Result<boolean>>;
  /**
   * Calls `changed` for each committed change, this process's own included.
   * `heardAtMs` of the returned handle is when the channel was last known to be alive (checked every few seconds).
   */
  watchChanges(changed: (change: TenantChange) => void): Promise<ChangeWatch>;
}

export interface ChangeWatch {
  heardAtMs(): number;
  close(): Promise<void>;
}
