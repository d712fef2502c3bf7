import type { ConfigIssue } from "../../ports/destination.ts";
import type { Vendor } from "../model/delivery.ts";
import type { InputFault } from "./refusal.ts";

type Config = Readonly<Record<string, unknown>>;

/** A configuration apart from its secrets. */
export interface SplitConfig {
  readonly open: Config;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Takes the secrets out of a configuration that was checked. */
export function splitConfig(config: Config, secretNames: readonly string[]): SplitConfig {
  const open = { ...config };
  const secrets: Record<string, string> = {};
  for (const name of secretNames) {
    const secret = open[name];
    delete open[name];
    if (typeof secret === "string") secrets[name] = secret;
  }
  return { open, secrets };
}

/** A configuration with changes laid over it; null takes a member away. */
export function mergeConfig(config: Config, changes: Config): Config {
  const merged = { ...config, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** A member's name is repeated only if it looks like one of ours: anything else may be a value in the wrong place. */
export function configFault({ path, message }: ConfigIssue): InputFault {
  const shown = /^[a-z][a-z0-9_]{0,40}$/.test(path) ? `config.${path}` : "config[…]";
  return { path: shown, code: "invalid_config", message };
}

/** What a vendor that is none of ours is answered with. */
export function vendorFault(vendors: readonly Vendor[]): InputFault {
  return { path: "vendor", code: "unknown_vendor", message: `Use one of: ${vendors.join(", ")}.` };
}
