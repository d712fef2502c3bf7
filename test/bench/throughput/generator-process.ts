import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { GeneratorPlan, Order, Told } from "./generator-messages.ts";
import { onEarlyEnd } from "./leftovers.ts";

/** What one request was acknowledged for, and when; times since 1970 in milliseconds. */
export interface Ack {
  readonly firstMessage: number;
  readonly events: number;
  readonly atMs: number;
}

export interface Finished {
  readonly told: Told;
  readonly acks: readonly Ack[];
}

/** A generator at work in a process of its own. */
export interface GeneratorProcess {
  readonly pid: number;
  setRate(ratePerSecond: number | null): void;
  /** What it has done so far; with `isNewSpan` its histograms begin anew. */
  report(isNewSpan?: boolean): Promise<Told>;
  /** Ends it once its requests are answered or lost. */
  finish(): Promise<Finished>;
}

const entry = fileURLToPath(new URL("./generator.ts", import.meta.url));
const toldMsMax = 20_000;

export function startGenerator(plan: Omit<GeneratorPlan, "acksPath">): GeneratorProcess {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-bench-acks-"));
  const isRemoved = onEarlyEnd(() => rmSync(folder, { recursive: true, force: true }));
  const acksPath = join(folder, "acks");
  const child: ChildProcess = spawn(process.execPath, ["--no-install", entry], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const order = (message: Order) => void child.send(message);
  child.send({ plan: { ...plan, acksPath } satisfies GeneratorPlan });

  function told(kind: Told["kind"]): Promise<Told> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(new Error("the generator says nothing"))), toldMsMax);
      const heed = (message: unknown) => {
        if ((message as Told).kind === kind) end(() => resolve(message as Told));
      };
      const gone = (code: number | null) => end(() => reject(new Error(`the generator ended with ${code}`)));
      function end(settle: () => void): void {
        clearTimeout(timer);
        child.off("message", heed);
        child.off("exit", gone);
        settle();
      }
      child.on("message", heed);
      child.once("exit", gone);
    });
  }

  return {
    pid: child.pid as number,
    setRate: (ratePerSecond) => order({ kind: "rate", ratePerSecond }),
    report(isNewSpan = false) {
      const answer = told("report");
      order({ kind: "report", isNewSpan });
      return answer;
    },
    async finish() {
      const answer = told("done");
      order({ kind: "stop" });
      const last = await answer;
      const acks = readAcks(acksPath);
      rmSync(folder, { recursive: true, force: true });
      isRemoved();
      return { told: last, acks };
    },
  };
}

function readAcks(path: string): Ack[] {
  const bytes = new Uint8Array(readFileSync(path));
  const numbers = new Float64Array(bytes.buffer, 0, bytes.length / 8);
  return Array.from({ length: numbers.length / 3 }, (_, at) => {
    const [firstMessage, events, atMs] = numbers.subarray(at * 3, at * 3 + 3) as unknown as [number, number, number];
    return { firstMessage, events, atMs };
  });
}
