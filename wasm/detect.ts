import { detect } from "../domain/data-layer/detector/detect.ts";
import { senderCodes } from "../domain/data-layer/detector/user-agents.ts";

/** Reads a text from the kernel's memory. */
type Read = (at: number, bytes: number) => string;
/** Writes a text there, and says how many bytes it took. */
type Write = (text: string, to: number, room: number) => number;

const modes = ["off", "flag", "mask"] as const;

/**
 * Makes the detector as the kernel calls it (assembly/detector.ts): for texts that have a sign of a key of the table or
 * of a User-Agent. `how`: two bits each of the modes of phones and addresses, then a bit for a key of versions, one for
 * a text that is a key. A byte of what was found goes in front of the text: 1 an email, 2 a phone, 4 an address.
 */
export function makeDetect(read: Read, write: Write) {
  return (
    at: number,
    bytes: number,
    how: number,
    connectionAt: number,
    connectionBytes: number,
    claimAt: number,
    claimBytes: number,
    to: number,
  ): number => {
    const senders = [read(connectionAt, connectionBytes), read(claimAt, claimBytes)]
      .map(senderCodes)
      .filter((codes) => codes !== null);
    const found = detect(
      read(at, bytes),
      { phones: modes[how & 3] ?? "off", ips: modes[(how >> 2) & 3] ?? "off" },
      { versions: (how & 16) !== 0, key: (how & 32) !== 0, senders },
    );
    write(String.fromCharCode((found.email ? 1 : 0) | (found.phone ? 2 : 0) | (found.ip ? 4 : 0)), to, 1);
    return write(found.text, to + 1, bytes * 4 + 60);
  };
}
