import type { ConfigIssue } from "../../../ports/destination.ts";
import { findPersonal, sayPersonal } from "../../data-layer/personal-texts.ts";
import type { Vendor } from "../../model/delivery.ts";
import type { InputFault } from "../refusal.ts";

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

/** Where something of a person stands in a configuration: in its texts, in its members' names; secrets apart. */
export function personalFaults(config: Config, secretNames: readonly string[]): InputFault[] {
  const faults: InputFault[] = [];
  const look = (text: string, path: string, use: "name" | "url") => {
    const personal = findPersonal(text, use);
    if (personal === null) return;
    const { code, message, hint } = sayPersonal(personal);
    faults.push({ path, code, message, hint, position: personal.position });
  };
  const walk = (value: unknown, path: string) => {
    if (typeof value === "string") return look(value, path, /^https?:/i.test(value) ? "url" : "name");
    if (Array.isArray(value)) return value.forEach((item, i) => void walk(item, `${path}[${i}]`));
    if (typeof value !== "object" || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      look(key, `${path}[…]`, "name");
      walk(member, memberPath(path, key));
    }
  };
  for (const [key, value] of Object.entries(config))
    if (!secretNames.includes(key)) walk(value, memberPath("config", key));
  return faults;
}

function memberPath(path: string, key: string): string {
  return shownName.test(key) ? `${path}.${key}` : `${path}[…]`;
}

const shownName = /^[a-z][a-z0-9_]{0,40}$/;

/** A member's name is repeated only if it looks like one of ours: anything else may be a value in the wrong place. */
export function configFault({ path, message }: ConfigIssue): InputFault {
  const shown = shownName.test(path) ? `config.${path}` : "config[…]";
  return { path: shown, code: "invalid_config", message: `This ${message}.` };
}

/** What a vendor that is none of ours is answered with. */
export function vendorFault(vendors: readonly Vendor[]): InputFault {
  return { path: "vendor", code: "unknown_vendor", message: `Use one of: ${vendors.join(", ")}.` };
}
