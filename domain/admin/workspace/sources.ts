import type { Clock } from "../../../ports/clock.ts";
import type { Random } from "../../../ports/random.ts";
import type { SecretPlace, Vault } from "../../../ports/vault.ts";
import type { WorkspaceStore } from "../../../ports/workspace-store.ts";
import type { Result } from "../../model/failure.ts";
import type { Principal, Source, SourceDialect, SourceKind, SourceSettings } from "../../model/tenant.ts";
import type { ShownPage } from "../events/list-events.ts";
import { isoTime, nameFaults } from "../names.ts";
import { type AdminResult, failed, granted, invalid } from "../refusal.ts";

const keyChars = 32;
const secretChars = 43;
const hourMs = 3_600_000;
/** How long the key before stays valid after a rotation. */
export const overlapHoursDefault = 24;
export const overlapHoursMax = 24 * 90;

/** A source as it is shown. Its keys are public; its signing secret is shown only when it is made. */
export interface ShownSource {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly kind: SourceKind;
  readonly dialect: SourceDialect;
  readonly default_calling_code: string | null;
  readonly enabled: boolean;
  readonly events_per_second_max: number | null;
  readonly write_key: string;
  readonly app_id: string;
  readonly previous_write_key_valid_until: string | null;
  readonly signing_secret?: string;
}

/** What may be set of a source, as it is sent. */
export interface SourceChanges {
  readonly name?: string;
  readonly kind?: SourceKind;
  readonly dialect?: SourceDialect;
  readonly default_calling_code?: string | null;
  readonly enabled?: boolean;
  readonly events_per_second_max?: number | null;
}

export interface SourceRequest extends SourceChanges {
  readonly project_id: string;
  readonly name: string;
  readonly kind: SourceKind;
}

export interface SourceParts {
  readonly workspace: WorkspaceStore;
  readonly vault: Pick<Vault, "seal">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Random;
  /** Makes this process read the organisation's configuration anew. */
  readonly forget: (orgId: string) => void;
}

/** Makes the use cases that show sources; viewers may. */
export function createReadSources(workspace: WorkspaceStore) {
  return {
    async list(by: Principal): Promise<AdminResult<ShownPage<ShownSource>>> {
      const found = await workspace.sources(by.orgId);
      return found.ok ? granted({ items: found.value.map(show), next_cursor: null }) : failed(found.failure);
    },
    async show(by: Principal, sourceId: string): Promise<AdminResult<ShownSource>> {
      return shown(await workspace.source(by.orgId, sourceId));
    },
  };
}

/** Makes the use cases that change sources. When one returns, the change governs the next event of this process. */
export function createChangeSources(parts: SourceParts) {
  const { workspace, random, forget } = parts;

  async function create(by: Principal, request: SourceRequest): Promise<AdminResult<ShownSource>> {
    const faults = nameFaults(request.name);
    if (faults.length > 0) return invalid(faults);
    const id = random.uuidv7();
    const secret = `ss_${random.token(secretChars)}`;
    const created = await workspace.createSource(by, {
      id,
      projectId: request.project_id.toLowerCase(),
      writeKey: `wk_${random.token(keyChars)}`,
      appId: `app_${random.token(keyChars)}`,
      sealedSigningSecret: await parts.vault.seal(secret, placeOf(by, id)),
      ...{ dialect: "any", defaultCallingCode: null, enabled: true, eventsPerSecondMax: null },
      ...settingsOf(request),
      ...{ name: request.name, kind: request.kind },
    });
    forget(by.orgId);
    return created.ok ? granted({ ...show(created.value), signing_secret: secret }) : failed(created.failure);
  }

  async function change(by: Principal, sourceId: string, changes: SourceChanges): Promise<AdminResult<ShownSource>> {
    const faults = nameFaults(changes.name);
    if (faults.length > 0) return invalid(faults);
    const changed = await workspace.changeSource(by, sourceId, settingsOf(changes));
    forget(by.orgId);
    return shown(changed);
  }

  async function remove(by: Principal, sourceId: string): Promise<AdminResult<null>> {
    const removed = await workspace.deleteSource(by, sourceId);
    forget(by.orgId);
    return removed.ok ? granted(null) : failed(removed.failure);
  }

  async function rotateWriteKey(
    by: Principal,
    sourceId: string,
    overlapHours = overlapHoursDefault,
  ): Promise<AdminResult<ShownSource>> {
    const previousUntilMs = parts.clock.nowMs() + overlapHours * hourMs;
    const writeKey = `wk_${random.token(keyChars)}`;
    const rotated = await workspace.rotateWriteKey(by, sourceId, { writeKey, previousUntilMs });
    forget(by.orgId);
    return shown(rotated);
  }

  async function replaceSigningSecret(by: Principal, sourceId: string): Promise<AdminResult<ShownSource>> {
    const secret = `ss_${random.token(secretChars)}`;
    const sealed = await parts.vault.seal(secret, placeOf(by, sourceId));
    const replaced = await workspace.replaceSigningSecret(by, sourceId, sealed);
    forget(by.orgId);
    return replaced.ok ? granted({ ...show(replaced.value), signing_secret: secret }) : failed(replaced.failure);
  }

  return { create, change, remove, rotateWriteKey, replaceSigningSecret };
}

/** Where a source's secret is sealed for. */
function placeOf(by: Principal, id: string): SecretPlace {
  return { orgId: by.orgId, table: "sources", column: "signing_secret", id };
}

/** The settings that were sent, and no others. */
function settingsOf(changes: SourceChanges): Partial<SourceSettings> {
  const settings = {
    name: changes.name,
    kind: changes.kind,
    dialect: changes.dialect,
    defaultCallingCode: changes.default_calling_code,
    enabled: changes.enabled,
    eventsPerSecondMax: changes.events_per_second_max,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function shown(result: Result<Source>): AdminResult<ShownSource> {
  return result.ok ? granted(show(result.value)) : failed(result.failure);
}

function show(source: Source): ShownSource {
  const until = source.previousWriteKeyUntilMs;
  return {
    id: source.id,
    project_id: source.projectId,
    name: source.name,
    kind: source.kind,
    dialect: source.dialect,
    default_calling_code: source.defaultCallingCode,
    enabled: source.enabled,
    events_per_second_max: source.eventsPerSecondMax,
    write_key: source.writeKey,
    app_id: source.appId,
    previous_write_key_valid_until: until === null ? null : isoTime(until),
  };
}
