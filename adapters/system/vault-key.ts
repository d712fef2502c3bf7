import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

const keyBytes = 32;
const othersModeBits = 0o077;
const keyForm = /^[0-9a-f]{64}$/i;

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes a new key beside `path` and links it there: it appears whole or not at all, and never over another one. */
async function createKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draftPath = `${path}.${randomBytes(8).toString("hex")}`;
  const draft = await open(draftPath, "wx", 0o600);
  try {
    await draft.writeFile(`${randomBytes(keyBytes).toString("hex")}\n`);
    await draft.sync();
    await link(draftPath, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await draft.close();
    await unlink(draftPath);
  }
  await syncFolder(dirname(path));
}

/**
 * The keys of the vault's file, the one that seals first; made on the first start.
 *
 * Shape: a key a line. Errors: throws, with the file, if others than its owner may read or write it, or if a line is
 * no key.
 */
export async function readOrCreateKeys(path: string): Promise<string[]> {
  try {
    await stat(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await createKey(path);
  }
  const { mode } = await stat(path);
  if ((mode & othersModeBits) !== 0) {
    throw new Error(`${path} may be read by others (mode ${(mode & 0o777).toString(8)}): make it 600`);
  }
  const text = await readFile(path, "utf8");
  const keys = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  if (keys.length === 0 || !keys.every((key) => keyForm.test(key))) {
    throw new Error(`${path} must hold keys of 64 hexadecimal characters, one a line: restore it from a backup`);
  }
  return keys;
}

/** Puts a new key before those of the file: it seals from now on, and they open what they sealed. */
export async function addKey(path: string): Promise<void> {
  await writeKeys(path, [randomBytes(keyBytes).toString("hex"), ...(await readOrCreateKeys(path))]);
}

/** Takes all keys but the one that seals out of the file. Units: keys taken out. */
export async function forgetOldKeys(path: string): Promise<number> {
  const [current, ...old] = await readOrCreateKeys(path);
  if (current !== undefined && old.length > 0) await writeKeys(path, [current]);
  return old.length;
}

/** Replaces the file as a whole: whoever reads it finds the keys before or those after. */
async function writeKeys(path: string, keys: readonly string[]): Promise<void> {
  const draftPath = `${path}.${randomBytes(8).toString("hex")}`;
  const draft = await open(draftPath, "wx", 0o600);
  try {
    await draft.writeFile(`${keys.join("\n")}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(draftPath, path);
  await syncFolder(dirname(path));
}
