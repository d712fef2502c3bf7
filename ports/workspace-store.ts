import type { Result } from "../domain/model/failure.ts";
import type { Principal, SealedSecret, Source, SourceSettings } from "../domain/model/tenant.ts";

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
}

/** A new source: its keys are minted by the caller, so that its secret can be sealed for its place. */
export interface NewSource extends SourceSettings {
  readonly id: string;
  readonly projectId: string;
  readonly writeKey: string;
  readonly appId: string;
  readonly sealedSigningSecret: SealedSecret;
}

/**
 * What an organisation consists of: itself, its projects, their sources.
 * Every change writes the audit log and is announced to those who watch the tenant store's changes.
 */
export interface WorkspaceStore {
  organization(orgId: string): Promise<Result<Organization>>;
  renameOrganization(by: Principal, name: string): Promise<Result<Organization>>;

  projects(orgId: string): Promise<Result<readonly Project[]>>;
  /** Errors: `limit_reached`. */
  createProject(by: Principal, project: { readonly id: string; readonly name: string }): Promise<Result<Project>>;
  /** Errors: `not_found`. */
  renameProject(by: Principal, projectId: string, name: string): Promise<Result<Project>>;
  /** Errors: `not_found`, `project_in_use` while it has sources or enabled integrations. */
  deleteProject(by: Principal, projectId: string): Promise<Result<void>>;

  sources(orgId: string): Promise<Result<readonly Source[]>>;
  /** Errors: `not_found`, for another organisation's as for none. */
  source(orgId: string, sourceId: string): Promise<Result<Source>>;
  /** Errors: `not_found` (the project), `limit_reached`. */
  createSource(by: Principal, source: NewSource): Promise<Result<Source>>;
  /** Errors: `not_found`. */
  changeSource(by: Principal, sourceId: string, changes: Partial<SourceSettings>): Promise<Result<Source>>;
  /** The source is gone for good, and its keys with it; its events stay. Errors: `not_found`. */
  deleteSource(by: Principal, sourceId: string): Promise<Result<void>>;
  /** The key before stays valid until `previousUntilMs`; the one before that ends. Errors: `not_found`. */
  rotateWriteKey(
    by: Principal,
    sourceId: string,
    next: { readonly writeKey: string; readonly previousUntilMs: number },
  ): Promise<Result<Source>>;
  /** The secret before ends at once. Errors: `not_found`. */
  replaceSigningSecret(by: Principal, sourceId: string, sealed: SealedSecret): Promise<Result<Source>>;
}
