import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

const pageBytes = 4096;

/** This process's sandbox processes. */
export function childrenPids(): number[] {
  const parentOf = (pid: string) => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[1];
  return readdirSync("/proc").flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || parentOf(pid) !== String(process.pid)) return [];
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("quickjs/child.ts") ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

/** What each of them has in memory. */
export function childrenBytes(): number[] {
  return childrenPids().flatMap((pid) => {
    try {
      return [Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * pageBytes];
    } catch {
      return [];
    }
  });
}
