import type { Clock } from "../../../ports/clock.ts";
import type { Kernel, PreparedProgram } from "../../../ports/kernel.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { conditionsNs, userAgentPatternsNs } from "../../data-layer/expression/cost.ts";
import { compileProgram, withoutRules } from "../../data-layer/program.ts";
import { fail, type Result, succeed } from "../../model/failure.ts";
import {
  type Limits,
  sourceCacheConfigBytesMax,
  sourceCacheEntriesMax,
  staleConfigurationMs,
} from "../../model/limits.ts";
import type { Program } from "../../model/program.ts";
import type { SourceBinding } from "../../model/tenant.ts";
import { inTime } from "../in-time.ts";
import { type BotRules, createBotRules } from "./bot-rules.ts";
import { createLookupGate } from "./lookup-gate.ts";

/** How a request names its source. */
export interface SourceKey {
  readonly by: "write-key" | "app-id";
  readonly value: string;
}

/** A source with its data layer in the form that runs. */
export interface KnownSource {
  readonly binding: SourceBinding;
  readonly program: PreparedProgram;
  readonly judge: BotRules;
  /** The most that an event is expected to take of the thread by what the organisation set, in nanoseconds. */
  readonly eventNs: number;
}

/** Sources by key, as this process knows them. */
export interface SourceDirectory {
  /** Without any I/O: the source, null for a key known to be none's, undefined if it must be looked up. */
  cached(key: SourceKey): KnownSource | null | undefined;
  /** Errors: `lookups_full`, `lookup_slow`, and the tenant store's own. */
  find(key: SourceKey): Promise<Result<KnownSource | null>>;
  /** What is known of an organisation is looked up again from now on; look-ups under way included. */
  forget(orgId: string): void;
  /** False when changes of the configuration have not been heard of for too long. */
  isFresh(): boolean;
  close(): Promise<void>;
}

export interface SourceDirectoryParts {
  readonly tenants: TenantStore;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Of data layers as JSON; a test takes less than the default. */
  readonly cacheConfigBytesMax?: number;
}

const keyForm = /^[\x21-\x7e]{1,200}$/;
/**
 * Of any event, and of an event's own User-Agent, most of which were seen before (the parse of a new one takes some
 * 50,000): estimates, by which a batch of 800 events of a server is still finished by one call.
 */
const eventNsLeast = 2_000;
const userAgentNs = 10_000;
const unknownKeysMax = 10_000;
const unknownKeyMs = 5_000;
const lookupTriesMax = 5;
/** How long a request waits for a look-up; longer, and the store counts as away. */
export const lookupMsMax = 5_000;

interface Entry {
  readonly source: KnownSource;
  readonly readAtMs: number;
  /** Of its data layer as JSON: what it costs to keep it grows with that. */
  readonly configBytes: number;
}

/** Forms that sources of one organisation share, so that many keys don't cost many programs. */
interface OrgForms {
  readonly keys: Set<string>;
  /** Of the newest version read; of an older one nothing is kept but by the entries that still use it. */
  version: number;
  readonly programs: Map<string, Pick<KnownSource, "program" | "judge" | "eventNs">>;
}

/**
 * Opens the bounded cache between write keys and what governs their events.
 *
 * A change wins over a look-up that began before it, so that an answered PUT governs the next event; random keys
 * fill only their own short-lived table. An entry is read again after a minute whatever was heard.
 */
export async function openSourceDirectory(parts: SourceDirectoryParts): Promise<SourceDirectory> {
  const entries = new Map<string, Entry>();
  const unknown = new Map<string, number>();
  const orgs = new Map<string, OrgForms>();
  const { cacheConfigBytesMax = sourceCacheConfigBytesMax } = parts;
  let configBytesHeld = 0;
  const gate = createLookupGate<KnownSource | null>();
  const watch = await parts.tenants.watchChanges((change) => forget(change.orgId));

  function cached(key: SourceKey): KnownSource | null | undefined {
    if (!keyForm.test(key.value)) return null;
    const name = nameOf(key);
    const entry = entries.get(name);
    if (entry && isCurrent(entry, parts.clock.nowMs())) return entry.source;
    const unknownUntilMs = unknown.get(name);
    return unknownUntilMs !== undefined && parts.clock.nowMs() < unknownUntilMs ? null : undefined;
  }

  async function find(key: SourceKey): Promise<Result<KnownSource | null>> {
    const known = cached(key);
    if (known !== undefined) return succeed(known);
    const lookup = gate.run(nameOf(key), (isOvertaken) => lookUp(key, isOvertaken));
    // One that takes longer than a request may goes on: who asks again joins it, or finds what it brought.
    return await inTime<Result<KnownSource | null>>(parts.clock, lookupMsMax, lookup, fail("lookup_slow"));
  }

  async function lookUp(
    key: SourceKey,
    isOvertaken: (orgId: string | null) => boolean,
  ): Promise<Result<KnownSource | null>> {
    for (let tries = 0; tries < lookupTriesMax; tries += 1) {
      const found = await readBinding(key);
      if (!found.ok) return found;
      const orgId = found.value?.source.orgId ?? null;
      if (!isOvertaken(orgId)) return succeed(keep(nameOf(key), found.value));
    }
    return fail("configuration_changing");
  }

  function readBinding(key: SourceKey): Promise<Result<SourceBinding | null>> {
    return key.by === "write-key"
      ? parts.tenants.bindingByWriteKey(key.value)
      : parts.tenants.bindingByAppId(key.value);
  }

  function keep(name: string, binding: SourceBinding | null): KnownSource | null {
    remove(name);
    if (!binding?.source.enabled) {
      if (unknown.size >= unknownKeysMax) unknown.delete(oldestOf(unknown));
      unknown.set(name, parts.clock.nowMs() + unknownKeyMs);
      return null;
    }
    const configBytes = JSON.stringify(binding.dataLayer.config).length;
    while (entries.size > 0 && isFull(configBytes)) remove(oldestOf(entries));
    const source = compile(binding, name);
    entries.set(name, { source, readAtMs: parts.clock.nowMs(), configBytes });
    configBytesHeld += configBytes;
    return source;
  }

  function isFull(configBytes: number): boolean {
    return entries.size >= sourceCacheEntriesMax || configBytesHeld + configBytes > cacheConfigBytesMax;
  }

  function compile(binding: SourceBinding, name: string): KnownSource {
    const { source, dataLayer } = binding;
    const forms = orgs.get(source.orgId) ?? { keys: new Set(), version: 0, programs: new Map() };
    orgs.set(source.orgId, forms);
    if (forms.version !== dataLayer.version) forms.programs.clear();
    forms.version = dataLayer.version;
    forms.keys.add(name);
    const form = `${dataLayer.version} ${source.kind === "server"} ${source.defaultCallingCode}`;
    const made = forms.programs.get(form) ?? {
      ...prepare(edgeProgram(binding), dataLayer.config.bot_filtering.custom_patterns),
      judge: createBotRules(dataLayer.config.bot_filtering),
    };
    forms.programs.set(form, made);
    return { binding, ...made };
  }

  function prepare(program: Program, patterns: readonly string[]) {
    const rulesNs = conditionsNs(program.rules.map(({ condition }) => condition));
    const agentNs = program.trustClaims ? userAgentNs + userAgentPatternsNs(patterns) : 0;
    return { program: parts.kernel.prepare(program), eventNs: eventNsLeast + rulesNs + agentNs };
  }

  /** Where custom JavaScript is on, routing waits for what it returns. */
  function edgeProgram({ source, dataLayer }: SourceBinding): Program {
    const program = compileProgram(dataLayer, source, parts.limits);
    return dataLayer.config.custom_js.enabled ? withoutRules(program) : program;
  }

  function remove(name: string): void {
    unknown.delete(name);
    const orgId = entries.get(name)?.source.binding.source.orgId;
    dropEntry(name);
    const forms = orgId === undefined ? undefined : orgs.get(orgId);
    forms?.keys.delete(name);
    if (orgId !== undefined && forms?.keys.size === 0) orgs.delete(orgId);
  }

  function dropEntry(name: string): void {
    configBytesHeld -= entries.get(name)?.configBytes ?? 0;
    entries.delete(name);
  }

  function forget(orgId: string): void {
    gate.overtake(orgId);
    for (const name of orgs.get(orgId)?.keys ?? []) dropEntry(name);
    orgs.delete(orgId);
    unknown.clear();
  }

  return {
    cached,
    find,
    forget,
    isFresh: () => parts.clock.nowMs() - watch.heardAtMs() <= staleConfigurationMs,
    close: () => watch.close(),
  };
}

function isCurrent({ source, readAtMs }: Entry, nowMs: number): boolean {
  return nowMs - readAtMs <= staleConfigurationMs && nowMs < (source.binding.keyEndsAtMs ?? Number.POSITIVE_INFINITY);
}

function nameOf(key: SourceKey): string {
  return `${key.by}:${key.value}`;
}

/** The key that was put in first. */
function oldestOf(map: ReadonlyMap<string, unknown>): string {
  return map.keys().next().value as string;
}
