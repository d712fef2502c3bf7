import { isIP } from "node:net";
import { reservedIpv4 } from "../../domain/model/reserved-networks.ts";

const bitsOfByte = 8;

/**
 * The one block of IPv6 from which public addresses are given out, and what in it is none: protocol assignments
 * (Teredo among them), documentation, and 6to4, which carries an IPv4 address of any kind.
 */
const openNetwork = ["2000::", 3] as const;
const closedInIt: readonly (readonly [network: string, bits: number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/**
 * Whether an address is one of the public internet: only such may be called for a customer.
 *
 * Everything that is not known to be public is refused, forms of IPv6 that carry an IPv4 address too (mapped,
 * translated by NAT64, 6to4, Teredo): what is behind them depends on a network that this process can't see.
 * Shape: an address as a resolver writes it; anything else is not public.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4: {
      const bytes = bytesOfV4(address);
      return !reservedIpv4.some(([network, bits]) => isWithin(bytes, bytesOfV4(network), bits));
    }
    case 6: {
      if (address.includes("%")) return false;
      const bytes = bytesOfV6(address);
      if (!isWithin(bytes, bytesOfV6(openNetwork[0]), openNetwork[1])) return false;
      return !closedInIt.some(([network, bits]) => isWithin(bytes, bytesOfV6(network), bits));
    }
    default:
      return false;
  }
}

function bytesOfV4(address: string): number[] {
  return address.split(".").map(Number);
}

function bytesOfV6(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const before = wordsOf(head);
  const after = tail === undefined ? [] : wordsOf(tail);
  const zeros = new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0);
  return [...before, ...zeros, ...after].flatMap((word) => [word >> bitsOfByte, word & 0xff]);
}

/** Words of a part of an IPv6 address; an IPv4 address at its end counts as two. */
function wordsOf(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((word) => {
    if (!word.includes(".")) return [Number.parseInt(word, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = bytesOfV4(word);
    return [(a << bitsOfByte) | b, (c << bitsOfByte) | d];
  });
}

function isWithin(bytes: readonly number[], network: readonly number[], bits: number): boolean {
  for (let at = 0; at < bits; at += 1) {
    const byte = Math.floor(at / bitsOfByte);
    const mask = 0x80 >> (at % bitsOfByte);
    if (((bytes[byte] as number) & mask) !== ((network[byte] as number) & mask)) return false;
  }
  return true;
}
