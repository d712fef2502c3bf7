import type { Sandbox } from "../../../ports/sandbox.ts";
import { checkConfig } from "../../data-layer/configuration.ts";
import type { ConfigFault, DataLayerConfig } from "../../model/data-layer.ts";
import { type Result, succeed } from "../../model/failure.ts";
import { type AdminResult, failed, granted, invalid } from "../refusal.ts";
import { checkCustomJs } from "./check-custom-js.ts";

/**
 * Checks a submitted `config` object, its JavaScript included, which is compiled where it would run.
 *
 * Whatever else is wrong, code that can be read is compiled too: its author learns of all faults at once.
 */
export async function checkDataLayer(
  sandbox: Pick<Sandbox, "check">,
  input: unknown,
): Promise<AdminResult<DataLayerConfig>> {
  const checked = checkConfig(input);
  const ofScript = await scriptFaults(sandbox, input);
  if (!ofScript.ok && checked.ok) return failed(ofScript.failure);
  const faults = [...(checked.ok ? [] : checked.faults), ...(ofScript.ok ? ofScript.value : [])];
  return checked.ok && faults.length === 0 ? granted(checked.config) : invalid(faults);
}

/** Nothing where the part itself can't be read: the check of the whole tells why. */
async function scriptFaults(sandbox: Pick<Sandbox, "check">, input: unknown): Promise<Result<readonly ConfigFault[]>> {
  if (typeof input !== "object" || input === null || !Object.hasOwn(input, "custom_js")) {
    return succeed([]);
  }
  const part = checkConfig({ custom_js: (input as { readonly custom_js: unknown }).custom_js });
  return part.ok ? await checkCustomJs(sandbox, part.config) : succeed([]);
}
