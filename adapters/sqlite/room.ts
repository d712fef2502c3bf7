import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";

const chunkBytes = 1024 * 1024;
const chunks = 16;

/** True if the disk of the stream at `path` takes as much as one transaction may bring; what was written is removed. */
export function hasRoomBeside(path: string): boolean {
  const probe = `${path}-probe`;
  try {
    const descriptor = openSync(probe, "w", 0o600);
    try {
      const chunk = new Uint8Array(chunkBytes);
      for (let n = 0; n < chunks; n += 1) if (writeSync(descriptor, chunk) < chunkBytes) return false;
      fsyncSync(descriptor);
      return true;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}
