import { randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";
import type { Random } from "../../ports/random.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Bytes from here on are thrown away, else some characters would come more often than others. */
const unbiasedBelow = 256 - (256 % alphabet.length);

function token(chars: number): string {
  let text = "";
  while (text.length < chars) {
    for (const byte of randomBytes(chars)) {
      if (byte < unbiasedBelow && text.length < chars) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

/** Opens the system's randomness: ids that sort by time, tokens fit for secrets. */
export function openSystemRandom(): Random {
  return { uuidv7, token, fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48 };
}
