const busy = 5;
const locked = 6;
const corrupt = 11;
const notADatabase = 26;
const codeBits = 0xff;
const full = 13;
/** What is not about the file's content: rights, memory, other I/O errors, space, a file that can't be opened. */
const surroundings: readonly number[] = [3, 7, 10, full, 14];
/** Extended codes of IOERR that tell of the disk's content: a read that failed or came short, a file system's word. */
const damagedReads: readonly number[] = [266, 522, 8458, 8202];

/** Deno gives SQLite's message without its code. */
const messages: readonly (readonly [RegExp, number])[] = [
  [/database (table )?is locked/, busy],
  [/disk image is malformed|malformed database schema/, corrupt],
  [/file is not a database/, notADatabase],
  [/database or disk is full/, full],
  [/unable to open database/, 14],
  [/disk I\/O error/, 10],
];

/** SQLite's code with its extension; 0 if the error is not SQLite's, or not one that is told apart here. */
function extendedCodeOf(error: unknown): number {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  if (typeof code === "number") return code;
  const message = error instanceof Error ? error.message : "";
  return messages.find(([form]) => form.test(message))?.[1] ?? 0;
}

/** True if another connection held the file for longer than we wait. */
export function isBusy(error: unknown): boolean {
  return [busy, locked].includes(extendedCodeOf(error) & codeBits);
}

/** True if SQLite found its file not as it left it. */
export function isDamage(error: unknown): boolean {
  if (error instanceof FoundDamage) return true;
  const code = extendedCodeOf(error);
  return [corrupt, notADatabase].includes(code & codeBits) || damagedReads.includes(code);
}

/** True if the disk has no room. */
export function isDiskFull(error: unknown): boolean {
  return (extendedCodeOf(error) & codeBits) === full || (error as { code?: unknown } | null)?.code === "ENOSPC";
}

/** True if the error says nothing of what is in the file, so that reading it in another way would be no help. */
export function isOfSurroundings(error: unknown): boolean {
  if (isDamage(error)) return false;
  const { code } = (error ?? {}) as { code?: unknown };
  const isOfFiles = typeof code === "string" && /^E[A-Z]+$/.test(code);
  return isBusy(error) || isOfFiles || surroundings.includes(extendedCodeOf(error) & codeBits);
}

/** What a check of the file found; SQLite itself would have gone on. */
export class FoundDamage extends Error {
  override readonly name = "FoundDamage";
}

/** A stream's file of which nothing can be read: it may hold the only copy of what was answered. */
export class DamagedStream extends Error {
  override readonly name = "DamagedStream";
  constructor(path: string) {
    super(
      `${path} is damaged, and may hold events that were taken and are not stored yet: restore it from a backup, or ` +
        "move it away, with its -wal, -shm and -marks, to start without them",
    );
  }
}

/** Why a stream's file can't be used, with its path, and what to do where it is damaged. */
export function fileFault(path: string, error: unknown): Error {
  if (error instanceof DamagedStream) return error;
  if (isDamage(error)) return new DamagedStream(path);
  const message = error instanceof Error ? error.message : "unknown";
  return message.includes(path) ? new Error(message) : new Error(`${path} can't be used: ${message}`);
}
