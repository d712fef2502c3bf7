import type { Clock } from "../../ports/clock.ts";
import type { Sandbox, Script, ScriptCounters, ScriptEvent, ScriptOutcome } from "../../ports/sandbox.ts";
import { type Budget, createBudget } from "./budget.ts";
import type { Journal } from "./journal.ts";
import { turnBytesMax, turnEventsMax } from "./messages.ts";
import { openProcessSlot, type ProcessSlot, type Work } from "./process-slot.ts";
import { startSandboxProcess } from "./sandbox-process.ts";
import type { ScriptTimes } from "./script-times.ts";
import { openSpareProcesses } from "./spare.ts";

/** What one call of `run` still has to do. */
interface Job {
  readonly script: Script;
  readonly work: readonly Work[];
  readonly done: (outcomes: ScriptOutcome[]) => void;
}

interface Organization {
  readonly id: string;
  readonly isTrial: boolean;
  readonly budget: Budget;
  readonly jobs: Job[];
  running: boolean;
}

function withTime(outcome: ScriptOutcome | null, ms: number): ScriptOutcome | null {
  return outcome?.kind === "returned" || outcome?.kind === "dropped" ? { ...outcome, ms } : outcome;
}

/** Budgets kept beyond their work, so that a pause outlives its queue. */
const organizationsMax = 10_000;

/**
 * Makes the queues: one per organisation, served in turns of bounded length by the places there are.
 *
 * One organisation runs in one place at a time, in order. One that has been slow waits for the last place only, so
 * that however many are slow, the others have places of their own.
 */
export function createScheduler(parts: {
  readonly clock: Pick<Clock, "nowMs">;
  readonly journal: Journal;
  readonly processes: number;
  readonly times: ScriptTimes;
}): Pick<Sandbox, "run" | "close"> & { counters(orgId: string): ScriptCounters | null } {
  const { clock, journal } = parts;
  const organizations = new Map<string, Organization>();
  /** Those with work, in the order of their turns. */
  const ring = new Set<Organization>();
  const processes = openSpareProcesses(() => startSandboxProcess(parts.times));
  const slots = Array.from({ length: parts.processes }, () => openProcessSlot(processes, parts.times));
  const slowSlot = slots.at(-1) as ProcessSlot;
  let closed = false;

  /** A candidate on trial is served as an organisation of its own: its time-outs are nobody else's. */
  function organizationOf({ orgId, version, isTrial = false }: Script): Organization {
    const id = isTrial ? `${orgId} ${version}` : orgId;
    const found = organizations.get(id) ?? { id, isTrial, budget: createBudget(), jobs: [], running: false };
    organizations.delete(id);
    organizations.set(id, found);
    if (organizations.size > organizationsMax) forgetIdle();
    return found;
  }

  /** Forgets the organisation that has had nothing to do for longest; a pause is never forgotten. */
  function forgetIdle(): void {
    const nowMs = clock.nowMs();
    for (const organization of organizations.values()) {
      if (ring.has(organization) || organization.budget.pausedUntilMs(nowMs) !== null) continue;
      organizations.delete(organization.id);
      return;
    }
  }

  function run(script: Script, events: readonly ScriptEvent[]): Promise<ScriptOutcome[]> {
    if (events.length === 0) return Promise.resolve([]);
    return new Promise((done) => {
      const organization = organizationOf(script);
      const work = events.map((event) => ({ event, outcome: null }));
      organization.jobs.push({ script, work, done });
      ring.add(organization);
      serve();
    });
  }

  /** Gives every free place to the next organisation in the ring that may use it. */
  function serve(): void {
    const nowMs = clock.nowMs();
    for (const organization of [...ring]) {
      if (organization.running) continue;
      if (closed || organization.budget.pausedUntilMs(nowMs) !== null) {
        passUnchanged(organization, nowMs);
        continue;
      }
      const slot = freeSlot(organization, nowMs);
      if (!slot) continue;
      organization.running = true;
      ring.delete(organization);
      ring.add(organization);
      void takeTurn(organization, slot);
    }
  }

  function freeSlot(organization: Organization, nowMs: number): ProcessSlot | undefined {
    const script = (organization.jobs[0] as Job).script;
    const open = organization.budget.isSlow(nowMs) ? [slowSlot] : slots;
    const free = open.filter((slot) => !slot.busy);
    return free.find((slot) => slot.knows(script)) ?? free.find((slot) => slot.isReady()) ?? free[0];
  }

  async function takeTurn(organization: Organization, slot: ProcessSlot): Promise<void> {
    const { script } = organization.jobs[0] as Job;
    const work = nextWork(organization, script);
    const ms = await slot.run(script, work);
    const [alone] = work;
    if (organization.isTrial && alone && work.length === 1) alone.outcome = withTime(alone.outcome, ms);
    const nowMs = clock.nowMs();
    const outcomes = work.flatMap(({ outcome }) => outcome ?? []);
    const timeouts = outcomes.filter((outcome) => outcome.kind === "failed" && outcome.fault === "timeout").length;
    const wasPaused = organization.budget.pausedUntilMs(nowMs) !== null;
    organization.budget.spend({ ms, events: outcomes.length, timeouts }, nowMs);
    const untilMs = organization.budget.pausedUntilMs(nowMs);
    if (!organization.isTrial) journal.record(organization.id, outcomes, nowMs);
    if (!organization.isTrial && untilMs !== null && !wasPaused) journal.paused(organization.id, untilMs);
    organization.running = false;
    finishJobs(organization);
    serve();
  }

  /** Work of the organisation's first jobs, as far as it is for the same script and fits one turn. */
  function nextWork({ jobs }: Organization, script: Script): Work[] {
    const turn: Work[] = [];
    let bytes = 0;
    for (const job of jobs) {
      if (job.script.version !== script.version) break;
      for (const work of job.work) {
        if (work.outcome) continue;
        bytes += work.event.json.length;
        if (turn.length === turnEventsMax || (turn.length > 0 && bytes > turnBytesMax)) return turn;
        turn.push(work);
      }
    }
    return turn;
  }

  function finishJobs(organization: Organization): void {
    const { jobs } = organization;
    for (let job = jobs[0]; job?.work.every(({ outcome }) => outcome); job = jobs[0]) {
      jobs.shift();
      job.done(job.work.map(({ outcome }) => outcome as ScriptOutcome));
    }
    if (jobs.length === 0) ring.delete(organization);
  }

  function passUnchanged(organization: Organization, nowMs: number): void {
    const passed = organization.jobs.flatMap(({ work }) => work.filter(({ outcome }) => !outcome));
    for (const work of passed) work.outcome = { kind: "paused" };
    const outcomes = passed.map(() => ({ kind: "paused" }) as const);
    if (!organization.isTrial) journal.record(organization.id, outcomes, nowMs);
    finishJobs(organization);
  }

  function counters(orgId: string): ScriptCounters | null {
    return journal.counters(orgId, organizations.get(orgId)?.budget.pausedUntilMs(clock.nowMs()) ?? null);
  }

  async function close(): Promise<void> {
    closed = true;
    for (const slot of slots) slot.close();
    processes.close();
    serve();
  }

  return { run, counters, close };
}
