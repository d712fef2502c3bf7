import { isObject } from "../model/json/json.ts";

type Config = Readonly<Record<string, unknown>>;

/** What a member of an integration's configuration must be, in words that never repeat what was sent. */
export interface SettingRule {
  readonly fits: (value: unknown) => boolean;
  readonly want: string;
}

export type SettingRules = Readonly<Record<string, SettingRule>>;

const eventMapEntriesMax = 500;

/** A rule for text of a form. */
export function matching(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === "string" && pattern.test(value);
}

/** A rule for one of several words. */
export function oneOf(values: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === "string" && values.includes(value);
}

export const trueOrFalse: SettingRule = { fits: (value) => typeof value === "boolean", want: "true or false" };

/** A rule for a map from event names to a vendor's, of bounded size. */
export function eventMap(fits: (name: unknown) => boolean): (value: unknown) => boolean {
  return (value) => {
    if (!isObject(value)) return false;
    const names = Object.values(value);
    return names.length <= eventMapEntriesMax && names.every(fits);
  };
}

/**
 * Lists what is wrong with an integration's configuration, secrets included, before it is kept.
 *
 * A member that is not known is a fault too: a misspelt `require_consent` must not pass for its absence.
 */
export function checkMembers(
  config: Config,
  rules: SettingRules,
  { required, vendorName }: { readonly required: readonly string[]; readonly vendorName: string },
): { path: string; message: string }[] {
  const issues: { path: string; message: string }[] = [];
  for (const name of required) {
    if (config[name] === undefined) issues.push({ path: name, message: "is required" });
  }
  for (const [name, value] of Object.entries(config)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) issues.push({ path: name, message: `is not a setting of ${vendorName} integrations` });
    else if (!rule.fits(value)) issues.push({ path: name, message: `must be ${rule.want}` });
  }
  return issues;
}

/** A member of a configuration that was checked when it was kept; one that no longer fits falls back. */
export function takeMember<T>(config: Config, rules: SettingRules, name: string, fallback: T): T {
  const value = config[name];
  return value !== undefined && rules[name]?.fits(value) ? (value as T) : fallback;
}
