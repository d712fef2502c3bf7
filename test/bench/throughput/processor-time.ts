import { readdirSync, readFileSync } from "node:fs";

/** Whose time is told apart; `other` is what else the server started: sandboxes, keepers, lists for the console. */
export const partNames = ["http", "worker", "postgres", "other"] as const;
export type PartName = (typeof partNames)[number];
/** Units: seconds of processor time. */
export type PartTimes = Readonly<Record<PartName, number>>;
/** Units: bytes of resident memory; shared pages of Postgres count once for each of its processes. */
export type PartBytes = Readonly<Record<PartName, number>>;

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
  /** Of children that ended and were waited for. */
  readonly endedSeconds: number;
  readonly bytes: number;
}

/** What /proc counts in, on every Linux that a user meets. */
const ticksPerSecond = 100;
const pageBytes = 4_096;

/** A line of /proc/PID/stat; null where the process is gone. The name in parentheses may hold anything. */
function readRow(pid: number): Row | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = (from: number) => (Number(fields[from]) + Number(fields[from + 1])) / ticksPerSecond;
    return {
      pid,
      parent: Number(fields[1]),
      seconds: ticks(11),
      endedSeconds: ticks(13),
      bytes: Number(fields[21]) * pageBytes,
    };
  } catch {
    return null;
  }
}

function readRows(): Row[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readRow(Number(name)))
    .filter((row) => row !== null);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** The processes of one server by what they do. */
export function readServerParts(mainPid: number, postmasterPid: number): { times: PartTimes; bytes: PartBytes } {
  const rows = readRows();
  const times = { http: 0, worker: 0, postgres: 0, other: 0 };
  const bytes = { http: 0, worker: 0, postgres: 0, other: 0 };
  const visit = (row: Row, above: PartName): void => {
    const part = partOf(row, above, mainPid, postmasterPid);
    times[part] += row.seconds + (part === "postgres" ? row.endedSeconds : 0);
    bytes[part] += row.bytes;
    for (const child of rows) if (child.parent === row.pid) visit(child, part);
  };
  const main = rows.find(({ pid }) => pid === mainPid);
  if (main) visit(main, "other");
  // Where something stands between the server and its Postgres that has ended, it is nobody's descendant.
  const postmaster = rows.find(({ pid }) => pid === postmasterPid);
  if (postmaster && times.postgres === 0) visit(postmaster, "other");
  return { times, bytes };
}

function partOf(row: Row, above: PartName, mainPid: number, postmasterPid: number): PartName {
  if (row.pid === mainPid) return "http";
  if (row.pid === postmasterPid || above === "postgres") return "postgres";
  if (above !== "http") return "other";
  return / --role [\w,]*(process|relay)/.test(commandOf(row.pid)) ? "worker" : "other";
}

/** A Postgres by itself, its processes together. Units: seconds. */
export function postgresSeconds(postmasterPid: number): number {
  return readRows()
    .filter(({ pid, parent }) => pid === postmasterPid || parent === postmasterPid)
    .reduce((sum, row) => sum + row.seconds + (row.pid === postmasterPid ? row.endedSeconds : 0), 0);
}

/** One process. Units: seconds. */
export function processSeconds(pid: number): number {
  return readRow(pid)?.seconds ?? 0;
}

export function timesBetween(before: PartTimes, after: PartTimes): PartTimes {
  const spent = (part: PartName) => after[part] - before[part];
  return { http: spent("http"), worker: spent("worker"), postgres: spent("postgres"), other: spent("other") };
}
