import type { Resealed, SecretCounts } from "../../domain/admin/workspace/rotate-vault.ts";
import type { Result } from "../../domain/model/failure.ts";
import { createProgress, type ExitCode, exitCodes, type Terminal } from "./terminal.ts";

export interface RotateOptions {
  readonly forgetOld: boolean;
  readonly json: boolean;
}

/** The vault of an installation and all that it sealed, for one rotation. */
export interface Rotation {
  count(): Promise<Result<SecretCounts>>;
  reseal(progress: (secretsDone: number) => void): Promise<Result<Resealed>>;
  /** The file of keys; null where the operator keeps them. */
  readonly keyFile: {
    readonly path: string;
    /** Makes a key that seals from now on. */
    add(): Promise<void>;
    /** Units: keys forgotten. */
    forgetOld(): Promise<number>;
  } | null;
  nowMs(): number;
  close(): Promise<void>;
}

/** Opens it, or says why it can't be. */
export type OpenRotation = () => Promise<Rotation | string>;

/**
 * Gives the vault another key and seals everything with it, or goes on where an earlier run was interrupted.
 *
 * Old keys stay until they are told to go: a backup of the database needs them.
 */
export async function rotateVault(options: RotateOptions, terminal: Terminal, open: OpenRotation): Promise<ExitCode> {
  const rotation = await open();
  if (typeof rotation === "string") {
    terminal.note(`tidegate: ${rotation}\n`);
    return exitCodes.usage;
  }
  try {
    return options.forgetOld ? await forgetOld(rotation, terminal) : await rotate(options, rotation, terminal);
  } finally {
    await rotation.close();
  }
}

async function rotate({ json }: RotateOptions, rotation: Rotation, terminal: Terminal): Promise<ExitCode> {
  const found = await rotation.count();
  if (!found.ok) return unreachable(terminal, found.failure.code);
  const isUnfinished = found.value.old > 0;
  if (!isUnfinished && rotation.keyFile === null) {
    terminal.note(`tidegate: ${operatorsKeys}\n`);
  } else {
    if (!isUnfinished) await rotation.keyFile?.add();
    terminal.note(isUnfinished ? "going on with secrets that older keys sealed\n" : "a new key seals from now on\n");
  }

  const { current, old, unreadable } = found.value;
  const all = current + old + unreadable;
  const progress = createProgress(terminal, rotation.nowMs, { all, unit: `of ${all.toLocaleString("en")} secrets` });
  const resealed = await rotation.reseal((done) => progress.show(done, done));
  progress.clear();
  if (!resealed.ok) return unreachable(terminal, resealed.failure.code);
  const left = await rotation.count();
  if (!left.ok) return unreachable(terminal, left.failure.code);
  const report = { resealed: resealed.value.resealed, interrupted: resealed.value.interrupted, ...left.value };
  await terminal.write(json ? `${JSON.stringify(report)}\n` : reportText(report, rotation));
  return report.old + report.unreadable === 0 && !report.interrupted ? exitCodes.ok : exitCodes.faults;
}

async function forgetOld(rotation: Rotation, terminal: Terminal): Promise<ExitCode> {
  if (rotation.keyFile === null) {
    terminal.note("tidegate: these keys are kept by you: take TIDEGATE_VAULT_KEYS_OLD away\n");
    return exitCodes.usage;
  }
  const found = await rotation.count();
  if (!found.ok) return unreachable(terminal, found.failure.code);
  if (found.value.old > 0) {
    terminal.note(`tidegate: ${found.value.old} secrets need the old keys still: run vault rotate first\n`);
    return exitCodes.faults;
  }
  const forgotten = await rotation.keyFile.forgetOld();
  await terminal.write(`${forgotten} old ${forgotten === 1 ? "key" : "keys"} forgotten\n`);
  return exitCodes.ok;
}

function reportText(report: SecretCounts & Pick<Resealed, "resealed" | "interrupted">, { keyFile }: Rotation): string {
  const { resealed, interrupted, current, old, unreadable } = report;
  const lines = [`${resealed} secrets sealed anew; ${current} are sealed with the current key`];
  if (interrupted) lines.push("interrupted: the same command goes on from here");
  if (old > 0) lines.push(`${old} need the old keys still: run the same command again`);
  if (unreadable > 0) lines.push(`${unreadable} can't be opened with any key known here: set those credentials anew`);
  if (old === 0 && keyFile !== null) {
    lines.push(
      `${keyFile.path} keeps the old keys for backups of the database; vault rotate --forget-old removes them`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function unreachable(terminal: Terminal, code: string): ExitCode {
  terminal.note(`tidegate: the database can't be read or written: ${code}. What was sealed anew stays so\n`);
  return exitCodes.faults;
}

const operatorsKeys =
  "every secret has the current key. To rotate, set TIDEGATE_VAULT_KEY to a new one and TIDEGATE_VAULT_KEYS_OLD " +
  "to the one before, restart Tidegate, and run this again";
