// One measurement of the kernel's memory in a process of its own, so that nothing else counts; prints it as JSON.
import process from "node:process";
import { openVirtualClock } from "../../adapters/memory/clock.ts";
import { defaultDataLayer } from "../../domain/data-layer/configuration.ts";
import type { DataLayerConfig } from "../../domain/model/data-layer.ts";
import { succeed } from "../../domain/model/failure.ts";
import { bodyBytesMax, defaultLimits } from "../../domain/model/limits.ts";
import type { SourceBinding } from "../../domain/model/tenant.ts";
import { openSourceDirectory } from "../../domain/pipeline/ingest/source-directory.ts";
import type { TenantStore } from "../../ports/tenant-store.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { makeEventMix } from "../bench/kernel-events.ts";
import { benchConditions, benchProgram, benchShape } from "../bench/kernel-program.ts";
import { fullPath } from "../bench/kernel-works.ts";

/** Units: bytes. `grown` is of the process, from a settled start; `wasm` is the largest memory of an instance. */
export interface KernelMemory {
  readonly grown: number;
  readonly wasm: number;
  readonly events: number;
}

const memories: WebAssembly.Memory[] = [];
const Plain = WebAssembly.Instance;
/** Keeps hold of every instance's memory, which the port does not show. */
class Watched extends Plain {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    memories.push(this.exports["memory"] as WebAssembly.Memory);
  }
}
WebAssembly.Instance = Watched as typeof WebAssembly.Instance;

const [what, amount] = process.argv.slice(2);
const measures: Readonly<Record<string, (amount: number) => KernelMemory | Promise<KernelMemory>>> = {
  organisations: (count) => organisations(count, 10),
  "large organisations": (count) => organisations(count, 300),
  events,
  bodies,
};
console.log(JSON.stringify(await measures[what as string]?.(Number(amount))));

function settledRss(): number {
  for (let times = 0; times < 3; times += 1) Bun.gc(true);
  return process.memoryUsage().rss;
}

function measured(fromBytes: number, events: number): KernelMemory {
  const wasm = Math.max(0, ...memories.map((memory) => memory.buffer.byteLength));
  return { grown: settledRss() - fromBytes, wasm, events };
}

/** Organisations with data layers of their own, each looked up and sent an event, as production keeps them. */
async function organisations(count: number, rules: number): Promise<KernelMemory> {
  const kernel = openWasmKernel();
  const tenants = {
    bindingByWriteKey: (key: string) => Promise.resolve(succeed(bindingOf(key, rules))),
    watchChanges: () => Promise.resolve({ heardAtMs: () => 0, close: () => Promise.resolve() }),
  } as unknown as TenantStore;
  const clock = openVirtualClock();
  const directory = await openSourceDirectory({ tenants, kernel, clock, limits: defaultLimits });
  const body = makeEventMix(1, 1, 1).bodies[0] as Uint8Array;
  const visit = async (number: number) => {
    const found = await directory.find({ by: "write-key", value: `wk_${number}` });
    if (!found.ok || found.value === null) throw new Error("an organisation is not found");
    const scan = kernel.scan(body, benchShape, defaultLimits);
    if (scan.ok) scan.finish(found.value.program, [{ drop: 0, geo: null, device: null }]);
  };
  for (let number = 0; number < 10; number += 1) await visit(number);
  const startBytes = settledRss();
  for (let number = 10; number < count; number += 1) await visit(number);
  return measured(startBytes, count);
}

function bindingOf(key: string, rules: number): SourceBinding {
  const config: DataLayerConfig = {
    ...defaultDataLayer,
    pii_rules: { ...defaultDataLayer.pii_rules, hash_fields: [`properties.secret_of_${key}`] },
    routing_rules: benchConditions(rules).map((condition) => ({
      condition: `${condition} and userId != '${key}'`,
      action: "drop",
    })),
  };
  const source = { orgId: `org of ${key}`, enabled: true, kind: "browser", defaultCallingCode: null };
  const dataLayer = { orgId: source.orgId, version: 1, config, updatedAtMs: 0, updatedBy: "m" };
  return { source, sealedSigningSecret: null, dataLayer } as unknown as SourceBinding;
}

/** Varied events, again and again; memory is settled after the first twentieth. */
function events(count: number): KernelMemory {
  const mix = makeEventMix(1, 10_000, 100);
  const pass = fullPath(openWasmKernel(), benchProgram, mix);
  let done = 0;
  let startBytes = 0;
  for (; done < count; done += mix.events) {
    if (startBytes === 0 && done >= count / 20) startBytes = settledRss();
    pass();
  }
  return measured(startBytes, done);
}

/** The largest bodies in the forms that cost most: each repeated up to the bound, through both calls. */
function bodies(rounds: number): KernelMemory {
  const kernel = openWasmKernel();
  const prepared = kernel.prepare({ ...benchProgram, hashPaths: [["properties", "*"]] });
  const limits = { ...defaultLimits, eventBytesMax: 2 ** 31 };
  const values = [
    "1,",
    "[],",
    "{},",
    '"",',
    '"\\u0040",',
    '"a@b.co",',
    '"+4915112345678",',
    '{"ip":1},',
    '{"email":"é"},',
  ];
  const texts = ['\\"', "\\u00e9", "a@b.co ", "e", "é"];
  const event = '{"type":"track","event":"E","userId":"u","properties":{"a":';
  const worst = [
    ...values.map((value) => ({ list: null, body: fill(`${event}[`, value, "1]}}") })),
    ...texts.map((text) => ({ list: null, body: fill(`${event}"`, text, '"}}') })),
    ...["[", '"', "\\", "é"].map((text) => ({ list: null, body: fill("", text, "") })),
    { list: "batch" as const, body: fill('{"batch":[', `${event}0}},`, "1]}") },
    { list: "batch" as const, body: fill('{"batch":[', "1,", "1]}") },
  ];
  const startBytes = settledRss();
  for (let round = 0; round < rounds; round += 1) {
    for (const { list, body } of worst) {
      const scan = kernel.scan(body, { ...benchShape, list }, limits);
      if (scan.ok) scan.finish(prepared, Array(scan.count).fill({ drop: 0, geo: null, device: null }));
    }
  }
  return measured(startBytes, rounds * worst.length);
}

function fill(head: string, part: string, tail: string): Uint8Array {
  const encoder = new TextEncoder();
  const times = Math.floor((bodyBytesMax - head.length - tail.length) / encoder.encode(part).length);
  return encoder.encode(head + part.repeat(times) + tail);
}
