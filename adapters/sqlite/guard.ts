import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../ports/clock.ts";
import { isBusy } from "./errors.ts";

const waitMs = 20;
/** How long one process waits for another to finish what it does alone: a repair of a full backlog takes seconds. */
const waitMsMax = 120_000;

/**
 * Who has a stream's files open. Each process holds a share while it does; a repair is done by one that is alone.
 *
 * The locks are SQLite's own on an empty file, given back by the kernel when their holder dies. A process that found
 * damage leaves a note, at which the others close the files and give up their shares.
 */
export interface Guard {
  /** Takes a share; does `work` first where no other process has one, and a repair is wanted or `always`. */
  enter(work: (() => Promise<void> | void) | null, always: boolean): Promise<void>;
  /** Gives the share back. */
  leave(): void;
  wantRepair(): void;
  isRepairWanted(): boolean;
  close(): void;
}

export function openGuard(path: string, clock: Clock): Guard {
  const note = `${path}-repair`;
  const database = new DatabaseSync(`${path}-guard`);
  chmodSync(`${path}-guard`, 0o600);

  function tries(statements: readonly string[]): boolean {
    try {
      for (const statement of statements) database.exec(statement);
      return true;
    } catch (error) {
      leave();
      if (isBusy(error)) return false;
      throw error;
    }
  }

  function leave(): void {
    try {
      database.exec("ROLLBACK");
    } catch {
      // no share was held
    }
  }

  async function enter(work: (() => Promise<void> | void) | null, always: boolean): Promise<void> {
    let wantsWork = work !== null;
    for (let waitedMs = 0; waitedMs < waitMsMax; waitedMs += waitMs) {
      const isWanted = existsSync(note);
      if (wantsWork && (isWanted || always) && tries(["BEGIN EXCLUSIVE"])) {
        try {
          await work?.();
          rmSync(note, { force: true });
        } finally {
          leave();
        }
        wantsWork = false;
        continue;
      }
      if (!existsSync(note) && tries(["BEGIN", "SELECT count(*) FROM sqlite_schema"])) return;
      await clock.sleep(waitMs);
    }
    throw new Error(`${path} is held by another process that found it damaged: end that process`);
  }

  return {
    enter,
    leave,
    wantRepair: () => writeFileSync(note, "", { mode: 0o600 }),
    isRepairWanted: () => existsSync(note),
    close() {
      leave();
      if (database.isOpen) database.close();
    },
  };
}
