// What a page does that tries a data layer on events where they are, in a browser: nothing leaves it. Bundled by the
// test beside it; the kernel's bytes come as they would from `fetch`.
import { createTrial } from "../../domain/admin/data-layer/dry-run-trial.ts";
import { checkConfig } from "../../domain/data-layer/configuration.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Device } from "../../ports/device.ts";
import type { Geo } from "../../ports/geo.ts";
import type { Kernel } from "../../ports/kernel.ts";
import { compileKernel } from "../../wasm/instance.ts";
import { openModuleKernel } from "../../wasm/module-kernel.ts";

const encoder = new TextEncoder();
/** A page has neither the data of places nor that of devices. */
const geo: Geo = { locate: () => null, attribution: "" };
const unknown = { manufacturer: null, model: null, os: null, osVersion: null, browser: null, browserVersion: null };
const device: Device = { parse: () => ({ json: null, facts: { type: null, ...unknown }, knownBot: false }) };

/** What becomes of a body `{"events":[…]}` under a configuration, or the faults of either, as JSON. */
export function tryLayer(kernel: Kernel, config: unknown, body: string): string {
  const checked = checkConfig(config);
  if (!checked.ok) return JSON.stringify(checked.faults);
  const source = { kind: "browser", defaultCallingCode: "49" } as const;
  const trial = createTrial({ kernel, geo, device, limits: defaultLimits }, checked.config, source);
  const done = trial.sent(encoder.encode(body), "events", null);
  return JSON.stringify(done.ok ? done.reports : done.fault);
}

/** The same with a kernel of the page's own. */
function tryInPage(wasm: BufferSource, config: unknown, body: string): string {
  return tryLayer(openModuleKernel(compileKernel(wasm)), config, body);
}

Object.assign(globalThis, { tryInPage });
