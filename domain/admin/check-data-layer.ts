import type { Sandbox } from "../../ports/sandbox.ts";
import { type CheckedConfig, checkConfig } from "../data-layer/configuration.ts";
import type { ConfigFault } from "../model/data-layer.ts";
import { checkCustomJs } from "./check-custom-js.ts";

/**
 * Checks a submitted `config` object, its JavaScript included, which is compiled where it would run.
 *
 * Whatever else is wrong, code that can be read is compiled too: its author learns of all faults at once.
 */
export async function checkDataLayer(sandbox: Pick<Sandbox, "check">, input: unknown): Promise<CheckedConfig> {
  const checked = checkConfig(input);
  const faults = [...(checked.ok ? [] : checked.faults), ...(await scriptFaults(sandbox, input))];
  return checked.ok && faults.length === 0 ? checked : { ok: false, faults };
}

/** Nothing where the part itself can't be read: the check of the whole tells why. */
async function scriptFaults(sandbox: Pick<Sandbox, "check">, input: unknown): Promise<readonly ConfigFault[]> {
  if (typeof input !== "object" || input === null || !Object.hasOwn(input, "custom_js")) return [];
  const part = checkConfig({ custom_js: (input as { readonly custom_js: unknown }).custom_js });
  return part.ok ? await checkCustomJs(sandbox, part.config) : [];
}
