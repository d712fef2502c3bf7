import { writeFileSync } from "node:fs";
import { cpus, loadavg, release, type as systemType, totalmem } from "node:os";
import process from "node:process";
import { drawChart } from "./chart.ts";
import { type Checkout, openCheckout, ownCheckout } from "./checkout.ts";
import { describeThroughput } from "./describe.ts";
import { measureFlood } from "./flood.ts";
import { measureGrowth } from "./growth.ts";
import { measureStoreLimits } from "./limits/store-limits.ts";
import { measureAcknowledged, measureStored, type Scene } from "./phases.ts";
import { type Plan, PlanError, readPlan, usage } from "./plan.ts";
import { openProgressLine } from "./progress-line.ts";
import { measureRelayed } from "./relayed.ts";
import { headlineOf, killsOf, type Machine, type Measured, storedCostOf, type ThroughputReport } from "./report.ts";
import type { Grouping } from "./request-pool.ts";
import { type Server, startServer } from "./server.ts";
import { dataLayerOf, firstSender } from "./tenants.ts";
import { startVendors, type Vendors } from "./vendors.ts";

const gib = 1024 ** 3;
const storedGroupings: readonly Grouping[] = [100, "single"];
const relayedPerSecondUnknown = 1_000;
const growthTurns = 10;

/** Runs what `npm run bench -- throughput` asks for, and prints it. */
export async function runThroughput(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) return console.log(usage);
  try {
    if (process.platform !== "linux") throw new PlanError("this part reads processor time from /proc: it needs Linux");
    const plan = readPlan(args);
    const report = await benchThroughput(plan);
    console.log(describeThroughput(report));
    if (plan.jsonPath !== null) writeFileSync(plan.jsonPath, `${JSON.stringify(report, null, 2)}\n`);
    if (plan.svgPath !== null) writeFileSync(plan.svgPath, drawChart(report));
    if (report.lost + report.doubled > 0) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}

export async function benchThroughput(plan: Plan): Promise<ThroughputReport> {
  const machine = readMachine();
  const date = new Date().toISOString();
  const own = ownCheckout();
  const other = plan.against === null ? null : openCheckout(plan.against);
  const progress = openProgressLine(stepsOf(plan) * (other ? 2 : 1));
  try {
    const { measured, postgres } = await measureCheckout(own, plan, progress.step);
    const against = other && (await measureCheckout(other, plan, progress.step)).measured;
    const kills = [...killsOf(measured), ...(against ? killsOf(against) : [])];
    const [cost, costThen] = [storedCostOf(measured), against && storedCostOf(against)];
    return {
      part: "throughput",
      ...headlineOf(measured),
      ...{ date, machine, seed: plan.seed, rules: plan.rules, custom_js: plan.customJs, is_short: plan.isShort },
      versions: { tidegate: own.commit, bun: process.versions["bun"] ?? "none", postgres },
      kills: kills.length,
      lost: kills.reduce((sum, { lost }) => sum + lost, 0),
      doubled: kills.reduce((sum, { doubled }) => sum + doubled, 0),
      measured,
      against: against && {
        measured: against,
        stored_cost_ratio: cost && costThen ? Number((cost / costThen).toFixed(3)) : null,
      },
    };
  } finally {
    progress.end();
    other?.remove();
  }
}

function readMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    processors: cpus().length,
    memory_gib: Math.round(totalmem() / gib),
    system: `${systemType()} ${release()}`,
    load_at_start: Number((loadavg()[0] as number).toFixed(2)),
  };
}

function stepsOf({ phases, groupings }: Plan): number {
  const steps = { acknowledged: groupings.length * 4, limits: 1, stored: 4, relayed: 2, growth: 10, flood: 3 };
  return phases.reduce((sum, phase) => sum + steps[phase], 0);
}

/** Starts a revision's server on a fresh folder and measures what is wanted of it, one phase after another. */
async function measureCheckout(checkout: Checkout, plan: Plan, step: (name: string) => void) {
  const vendors = await startVendors();
  const options = { root: checkout.root, env: vendors.env };
  const server = await startServer(options).catch((error: unknown) => {
    vendors.stop();
    throw error;
  });
  try {
    await configure(server, plan);
    const scene: Scene = {
      ...{ server, step, seed: plan.seed, warmUpSeconds: plan.warmUpSeconds, seconds: plan.seconds },
      ...{ senders: [firstSender(server)], dialects: ["segment", "layers", "signed"], drainsBetween: !plan.isShort },
    };
    const phases = await measurePhases(scene, vendors, plan, options);
    const [shown] = await server.query<{ version: string; bytes: number | null }>(diskText);
    const disk = shown?.bytes ?? null;
    const measured: Measured = { commit: checkout.commit, ...phases, disk_bytes_per_event: disk && Math.round(disk) };
    return { measured, postgres: shown?.version ?? "unknown" };
  } finally {
    await server.remove();
    vendors.stop();
  }
}

/** All that the application's tables and indexes take, for each event that is stored. */
const diskText = `
  select current_setting('server_version') as version,
    ((select sum(pg_total_relation_size(oid)) from pg_class
      where relnamespace = 'tidegate'::regnamespace and relkind = 'r')
    / nullif((select count(*) from tidegate.sdk_events), 0))::float8 as bytes`;

async function configure(server: Server, { rules, customJs }: Plan): Promise<void> {
  await server.admin("PUT", "/v1/admin/data-layer", { config: dataLayerOf({ rules, customJs }) });
}

async function measurePhases(
  scene: Scene,
  vendors: Vendors,
  plan: Plan,
  { root, env }: { readonly root: string; readonly env: Readonly<Record<string, string>> },
): Promise<Omit<Measured, "commit" | "disk_bytes_per_event">> {
  const wants = (phase: Plan["phases"][number]) => plan.phases.includes(phase);
  let turn = 0;
  const acknowledged = [];
  for (const grouping of wants("acknowledged") ? plan.groupings : []) {
    const seconds = grouping === "single" ? plan.singleSeconds : grouping === 1 ? plan.seconds : plan.batchSeconds;
    acknowledged.push(await measureAcknowledged({ ...scene, seconds }, grouping, (turn += 1)));
  }
  if (wants("limits")) scene.step("limits of the store");
  const storeLimits = wants("limits")
    ? await measureStoreLimits({
        ...{ root, env, seed: plan.seed, grouping: 100, dialects: scene.dialects, events: plan.limitEvents },
        configure: (server) => configure(server, plan),
      })
    : null;
  const stored = [];
  for (const grouping of wants("stored") ? storedGroupings : []) {
    stored.push(await measureStored(scene, grouping, (turn += 1)));
  }
  const growth = wants("growth") ? await measureGrowth(scene, (turn += growthTurns)) : null;
  const half = stored[0] ? stored[0].stored_per_second / 2 : relayedPerSecondUnknown;
  const relayed = wants("relayed") ? await measureRelayed(scene, vendors, half, (turn += growthTurns)) : null;
  const flood = wants("flood") ? await measureFlood(scene, plan.floodSeconds, (turn += 1)) : null;
  return { acknowledged, store_limits: storeLimits, stored, relayed, growth, flood };
}
