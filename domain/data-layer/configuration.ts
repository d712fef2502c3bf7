import type { ConfigFault, ConsentSettings, DataLayerConfig } from "../model/data-layer.ts";
import {
  conditionsNsMax,
  customJsBytesMax,
  customPatternsMax,
  patternCharsMax,
  piiPathsMax,
  routingRulesMax,
  userAgentPatternsNsMax,
} from "../model/limits.ts";
import { readCategories } from "./consent-categories.ts";
import { checkCondition } from "./expression/check.ts";
import { conditionsNs, userAgentPatternsNs } from "./expression/cost.ts";
import { caretAt } from "./expression/fault.ts";
import {
  fault,
  type ReadField,
  readBoolean,
  readInteger,
  readList,
  readObject,
  readOneOf,
  readText,
  type Submitted,
} from "./fields.ts";
import { parsePath } from "./paths.ts";
import { findPersonal, type Personal, sayPersonal, type TextUse } from "./personal-texts.ts";

export const descriptionBytesMax = 2_000;
export const timeoutMinutesMax = 1_440;
export const sessionHoursMax = 168;
/** Nodes, list items and patterns of all conditions together. */
export const rulesCostMax = 5_000;
const nsPerUs = 1_000;

const root = "config";
const detectorModes = ["off", "flag", "mask"] as const;
const detectorDefault = "mask";
const failureModes = ["pass", "drop", "wait"] as const;
const failureDefault = "pass";
/** Paths that hold the envelope together. */
const reservedPaths = ["type", "messageid"];

type Section<K extends keyof DataLayerConfig> = DataLayerConfig[K];

type WholeConfig = DataLayerConfig & { readonly consent: ConsentSettings };

const readWhole: ReadField<WholeConfig> = readObject<WholeConfig>({
  pii_rules: readObject<Section<"pii_rules">>({
    enabled: readBoolean(true),
    hash_fields: readList(withoutPersonal(readPath, "path"), piiPathsMax),
    redact_fields: readList(withoutPersonal(readPath, "path"), piiPathsMax),
    hash_algorithm: readOneOf(["sha256"], "sha256"),
    detect_phones: readOneOf(detectorModes, detectorDefault),
    detect_ips: readOneOf(detectorModes, detectorDefault),
  }),
  bot_filtering: readObject<Section<"bot_filtering">>({
    enabled: readBoolean(true),
    block_known_bots: readBoolean(true),
    block_empty_user_agent: readBoolean(true),
    custom_patterns: readList(withoutPersonal(readPattern, "pattern"), customPatternsMax),
  }),
  session: readObject<Section<"session">>({
    timeout_minutes: readInteger(30, 1, timeoutMinutesMax),
    max_duration_hours: readInteger(24, 1, sessionHoursMax),
    track_session_start: readBoolean(true),
    track_session_end: readBoolean(true),
  }),
  custom_js: readObject<Section<"custom_js">>({
    enabled: readBoolean(false),
    code: withoutPersonal(readText("", customJsBytesMax), "code"),
    description: withoutPersonal(readText("", descriptionBytesMax), "name"),
    on_failure: readOneOf(failureModes, failureDefault),
  }),
  routing_rules: readList(
    readObject<Section<"routing_rules">[number]>({
      condition: readCondition,
      action: readOneOf(["pass", "drop"], null),
    }),
    routingRulesMax,
  ),
  consent: readObject<ConsentSettings>({ categories: readCategories }),
});

/** A configuration without categories of its own is the one of before there were any. */
function readConfig(submitted: Submitted): DataLayerConfig {
  const { consent, ...config } = readWhole(submitted);
  return Object.keys(consent.categories).length === 0 ? config : { ...config, consent };
}

/** What holds until an organisation says otherwise. */
export const defaultDataLayer: DataLayerConfig = readConfig({ value: {}, path: root, faults: [] });

/** A configuration that may govern events, or everything that is wrong with what was submitted. */
export type CheckedConfig =
  | { readonly ok: true; readonly config: DataLayerConfig }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/**
 * Checks a submitted `config` object as a whole and fills in defaults for what it leaves out.
 *
 * All faults are told, not the first, each with its path; a condition's with position, caret and hint.
 */
export function checkConfig(input: unknown): CheckedConfig {
  const faults: ConfigFault[] = [];
  if (input === undefined)
    return { ok: false, faults: [{ path: root, code: "missing", message: "config is missing." }] };
  const config = readConfig({ value: input, path: root, faults });
  checkTogether(config, faults);
  return faults.length === 0 ? { ok: true, config } : { ok: false, faults };
}

/**
 * The configuration as it is shown, members in the documented order, whatever order a store gives them back in.
 *
 * Settings beyond the documented object appear only where they differ from the default.
 */
export function presentConfig(config: DataLayerConfig): unknown {
  const { detect_phones: phones, detect_ips: ips } = config.pii_rules;
  const { on_failure: failure = failureDefault } = config.custom_js;
  return {
    pii_rules: {
      ...pick(config.pii_rules, ["enabled", "hash_fields", "redact_fields", "hash_algorithm"]),
      ...(phones === detectorDefault ? {} : { detect_phones: phones }),
      ...(ips === detectorDefault ? {} : { detect_ips: ips }),
    },
    bot_filtering: pick(config.bot_filtering, [
      "enabled",
      "block_known_bots",
      "block_empty_user_agent",
      "custom_patterns",
    ]),
    session: pick(config.session, [
      "timeout_minutes",
      "max_duration_hours",
      "track_session_start",
      "track_session_end",
    ]),
    custom_js: {
      ...pick(config.custom_js, ["enabled", "code", "description"]),
      ...(failure === failureDefault ? {} : { on_failure: failure }),
    },
    routing_rules: config.routing_rules.map((rule) => pick(rule, ["condition", "action"])),
    ...(config.consent === undefined ? {} : { consent: pick(config.consent, ["categories"]) }),
  };
}

function pick<T extends object>(object: T, names: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(names.map((name) => [name, object[name]])) as Partial<T>;
}

/** Reads a text as `read` does, unless something of a person stands in it; the fault says where, not what. */
function withoutPersonal(read: ReadField<string>, use: TextUse): ReadField<string> {
  return (submitted) => {
    const { value } = submitted;
    const personal = typeof value === "string" ? findPersonal(value, use) : null;
    if (personal === null) return read(submitted);
    const { code, message, hint } = sayPersonal(personal);
    fault(submitted, code, message, { hint, position: personal.position });
    return "";
  };
}

function readPath(submitted: Submitted): string {
  const { value } = submitted;
  if (typeof value !== "string") {
    fault(submitted, "wrong_type", "This must be a path.", { hint: '"traits.email"' });
    return "";
  }
  const parsed = parsePath(value);
  if (!parsed.ok) {
    const { message, hint, position } = parsed;
    fault(submitted, "bad_path", message, {
      ...(hint === null ? {} : { hint }),
      position,
      caret: caretAt(value, position),
    });
  } else if (parsed.pattern.length === 1 && reservedPaths.includes(parsed.pattern[0]?.toLowerCase() ?? "")) {
    fault(submitted, "reserved_path", "Every event needs this field as it is.");
  }
  return value;
}

function readPattern(submitted: Submitted): string {
  const { value } = submitted;
  if (typeof value !== "string") fault(submitted, "wrong_type", "This must be a string.");
  else if (value.trim() === "") fault(submitted, "empty", "An empty pattern matches nothing.");
  else if (value.length > patternCharsMax) fault(submitted, "too_long", `This may have ${patternCharsMax} characters.`);
  else return value;
  return "";
}

function readCondition(submitted: Submitted): string {
  const { value } = submitted;
  if (typeof value !== "string") {
    const code = value === undefined ? "missing" : "wrong_type";
    fault(submitted, code, "This must be a condition.", { hint: "event == 'Internal Test'" });
    return "";
  }
  const checked = checkCondition(value);
  const personal = findPersonal(value, "code");
  if (checked.ok && personal === null) return value;
  const { code, message, hint, position } = checked.ok ? personalFault(personal as Personal) : checked.fault;
  const caret = code === "too_long" ? {} : { caret: caretAt(value, position) };
  fault(submitted, code, message, { ...(hint === null ? {} : { hint }), position, ...caret });
  return value;
}

/** Rules see hashes, so an email would match nothing; and it would stand in the configuration in clear. */
function personalFault(personal: Personal) {
  const { position } = personal;
  if (personal.kind !== "email") return { ...sayPersonal(personal), position };
  const hint = "userId == '<the email in lower case, as 64 hex digits of SHA-256>'";
  return { code: "holds_email", message: "Rules see emails only as their hashes.", hint, position };
}

/** What only shows when several fields are looked at. */
function checkTogether(config: DataLayerConfig, faults: ConfigFault[]): void {
  const { session, routing_rules: rules } = config;
  if (session.timeout_minutes > session.max_duration_hours * 60) {
    const message = "A session can't time out later than it must end.";
    faults.push({ path: `${root}.session.timeout_minutes`, code: "out_of_range", message });
  }
  const { custom_patterns: patterns } = config.bot_filtering;
  if (userAgentPatternsNs(patterns) > userAgentPatternsNsMax) {
    const message = "A User-Agent may take all patterns together more than 250 microseconds.";
    const hint = "A text with stars at its ends costs next to nothing; long patterns with ? or inner stars most.";
    faults.push({ path: `${root}.bot_filtering.custom_patterns`, code: "too_costly", message, hint });
  }
  const checked = rules.map((rule) => checkCondition(rule.condition)).filter((condition) => condition.ok);
  const cost = checked.reduce((sum, condition) => sum + condition.cost, 0);
  const ns = conditionsNs(checked.map(({ expression }) => expression));
  const path = `${root}.routing_rules`;
  if (cost > rulesCostMax) {
    const message = `All conditions together have ${cost} parts; ${rulesCostMax} are allowed.`;
    faults.push({ path, code: "too_costly", message });
  } else if (ns > conditionsNsMax) {
    const [most, allowed] = [Math.ceil(ns / nsPerUs), conditionsNsMax / nsPerUs];
    const message = `An event may take all conditions together ${most} microseconds; ${allowed} are allowed.`;
    const hint = "Patterns with ? or several stars cost most; starts_with, ends_with and == next to nothing.";
    faults.push({ path, code: "too_costly", message, hint });
  }
}
