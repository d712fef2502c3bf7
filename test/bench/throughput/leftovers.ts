import { spawn } from "node:child_process";
import process from "node:process";

/** What a run has started or made, and must not leave behind when it is ended before its time. */
const removals = new Set<() => void>();
const interrupted = 130;
let isWatching = false;

/** Has `remove` called, at once and without waiting, if the process ends before what is returned was called. */
export function onEarlyEnd(remove: () => void): () => void {
  if (!isWatching) {
    isWatching = true;
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(interrupted));
    process.once("exit", removeAll);
  }
  removals.add(remove);
  return () => void removals.delete(remove);
}

/** The latest first. What can't be removed in a hurry stays for the system to clean up. */
function removeAll(): void {
  for (const remove of [...removals].reverse()) {
    try {
      remove();
    } catch {
      // a process that is ending may still write where it worked
    }
  }
}

/** Removes a folder a moment after this process has ended: a Postgres that is ending still writes to it. */
export function removeFolderLater(folder: string): void {
  spawn("sh", ["-c", 'sleep 3; rm -rf -- "$1"', "sh", folder], { detached: true, stdio: "ignore" }).unref();
}
