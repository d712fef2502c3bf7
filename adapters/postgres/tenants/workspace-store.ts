import type { Kysely } from "kysely";
import type { WorkspaceStore } from "../../../ports/workspace-store.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { withTenant } from "../tenant-scope.ts";
import {
  deleteProject,
  insertProject,
  listProjects,
  organizationOf,
  renameOrganization,
  renameProject,
} from "./workspace-projects.ts";
import {
  changeSource,
  deleteSource,
  insertSource,
  listSources,
  ownSource,
  replaceSigningSecret,
  rotateWriteKey,
} from "./workspace-sources.ts";

/** Opens organisations, projects and sources, as the role that is bound to one tenant at a time. */
export function openWorkspaceStore(db: Kysely<Database>): WorkspaceStore {
  return {
    organization: (orgId) => attempt(() => withTenant(db, orgId, (tx) => organizationOf(tx, orgId))),
    renameOrganization: (by, name) => attempt(() => renameOrganization(db, by, name)),
    projects: (orgId) => attempt(() => withTenant(db, orgId, listProjects)),
    createProject: (by, project) => attempt(() => insertProject(db, by, project)),
    renameProject: (by, projectId, name) => attempt(() => renameProject(db, by, projectId, name)),
    deleteProject: (by, projectId) => attempt(() => deleteProject(db, by, projectId)),
    sources: (orgId) => attempt(() => withTenant(db, orgId, listSources)),
    source: (orgId, sourceId) => attempt(() => withTenant(db, orgId, (tx) => ownSource(tx, sourceId))),
    createSource: (by, source) => attempt(() => insertSource(db, by, source)),
    changeSource: (by, sourceId, changes) => attempt(() => changeSource(db, by, sourceId, changes)),
    deleteSource: (by, sourceId) => attempt(() => deleteSource(db, by, sourceId)),
    rotateWriteKey: (by, sourceId, next) => attempt(() => rotateWriteKey(db, by, sourceId, next)),
    replaceSigningSecret: (by, sourceId, sealed) => attempt(() => replaceSigningSecret(db, by, sourceId, sealed)),
  };
}
