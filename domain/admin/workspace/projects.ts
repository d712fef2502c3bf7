import type { Random } from "../../../ports/random.ts";
import type { Organization, Project, WorkspaceStore } from "../../../ports/workspace-store.ts";
import type { Result } from "../../model/failure.ts";
import type { Principal } from "../../model/tenant.ts";
import type { ShownPage } from "../events/list-events.ts";
import { isoTime, nameFaults } from "../names.ts";
import { type AdminResult, failed, granted, invalid, refused } from "../refusal.ts";

/** An organisation or a project as it is shown. */
export interface ShownNamed {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
}

export interface ProjectParts {
  readonly workspace: WorkspaceStore;
  readonly random: Pick<Random, "uuidv7">;
  /** Makes this process read the organisation's configuration anew. */
  readonly forget: (orgId: string) => void;
}

/** Makes the use cases on the organisation itself: see it, rename it. */
export function createOrganizationCases({ workspace, forget }: ProjectParts) {
  return {
    async show(by: Principal): Promise<AdminResult<ShownNamed>> {
      return shown(await workspace.organization(by.orgId));
    },
    async rename(by: Principal, name: string): Promise<AdminResult<ShownNamed>> {
      const faults = nameFaults(name);
      if (faults.length > 0) return invalid(faults);
      const renamed = await workspace.renameOrganization(by, name);
      forget(by.orgId);
      return shown(renamed);
    },
  };
}

/** Makes the use cases on projects: list, see, create, rename, delete. */
export function createProjectCases({ workspace, random, forget }: ProjectParts) {
  return {
    async list(by: Principal): Promise<AdminResult<ShownPage<ShownNamed>>> {
      const found = await workspace.projects(by.orgId);
      return found.ok ? granted({ items: found.value.map(showNamed), next_cursor: null }) : failed(found.failure);
    },
    async show(by: Principal, projectId: string): Promise<AdminResult<ShownNamed>> {
      const found = await workspace.projects(by.orgId);
      if (!found.ok) return failed(found.failure);
      const project = found.value.find((item) => item.id === projectId);
      return project ? granted(showNamed(project)) : refused("not_found");
    },
    async create(by: Principal, name: string): Promise<AdminResult<ShownNamed>> {
      const faults = nameFaults(name);
      if (faults.length > 0) return invalid(faults);
      return shown(await workspace.createProject(by, { id: random.uuidv7(), name }));
    },
    async rename(by: Principal, projectId: string, name: string): Promise<AdminResult<ShownNamed>> {
      const faults = nameFaults(name);
      if (faults.length > 0) return invalid(faults);
      return shown(await workspace.renameProject(by, projectId, name));
    },
    async remove(by: Principal, projectId: string): Promise<AdminResult<null>> {
      const removed = await workspace.deleteProject(by, projectId);
      forget(by.orgId);
      return removed.ok ? granted(null) : failed(removed.failure);
    },
  };
}

function shown(result: Result<Organization | Project>): AdminResult<ShownNamed> {
  return result.ok ? granted(showNamed(result.value)) : failed(result.failure);
}

function showNamed({ id, name, createdAtMs }: Organization | Project): ShownNamed {
  return { id, name, created_at: isoTime(createdAtMs) };
}
