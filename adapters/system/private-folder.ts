import { accessSync, chmodSync, constants, mkdirSync, readdirSync, statSync } from "node:fs";

const privateMode = 0o700;
const othersModeBits = 0o077;

/**
 * Makes a folder that its owner alone may enter, or checks that this process may use the one there is.
 *
 * Errors: throws with the folder, why it can't be used, and the setting that names it.
 */
export function openFolder(path: string, setting: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: privateMode });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    const why = code === "EEXIST" || code === "ENOTDIR" ? "is no folder" : `can't be written (${code})`;
    throw new Error(`${path} ${why}: run Tidegate as its owner, or set ${setting} to a folder of its own`);
  }
}

/**
 * Opens a folder for keys, and closes it to others. One that others may enter and that holds none of `ownNames` is
 * someone else's (a home, /etc): closing it would do harm.
 *
 * Errors: as `openFolder`; and for such a folder.
 */
export function openPrivateFolder(path: string, setting: string, ownNames: readonly string[]): void {
  openFolder(path, setting);
  if ((statSync(path).mode & othersModeBits) === 0) return;
  const names = readdirSync(path);
  if (names.length > 0 && !names.some((name) => ownNames.includes(name))) {
    throw new Error(`${path} holds other things and is open to others: set ${setting} to a folder of its own`);
  }
  chmodSync(path, privateMode);
}
