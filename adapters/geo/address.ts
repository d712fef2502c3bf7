import { isIP } from "node:net";
import { reservedIpv4 } from "../../domain/model/reserved-networks.ts";

/** Longest text of an address: six groups and a dotted quad. */
const addressCharsMax = 45;

function numberOf(dotted: string): number {
  return dotted.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

const reservedRanges = reservedIpv4.map(([block, bits]) => {
  const first = numberOf(block);
  return [first, first + 2 ** (32 - bits) - 1] as const;
});

function publicIpv4(value: number): string | null {
  if (reservedRanges.some(([first, last]) => value >= first && value <= last)) return null;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** The eight groups of a valid IPv6 text. */
function groupsOf(text: string): number[] {
  const dot = text.indexOf(".");
  if (dot >= 0) {
    const at = text.lastIndexOf(":") + 1;
    const value = numberOf(text.slice(at));
    return groupsOf(`${text.slice(0, at)}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`);
  }
  const [head = "", tail] = text.split("::");
  const parse = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const front = parse(head);
  if (tail === undefined) return front;
  const back = parse(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

/** Only 2000::/3 is handed out, less what is set apart in it. Source: IANA IPv6 Special-Purpose Address Registry. */
function publicIpv6(groups: readonly number[]): string | null {
  const [first = 0, second = 0] = groups;
  if (first >> 13 !== 1) return null;
  if (first === 0x2001 && (second < 0x200 || second === 0xdb8)) return null;
  if (first === 0x3fff && second < 0x1000) return null;
  return groups.map((group) => group.toString(16)).join(":");
}

/**
 * The address in plain form, or null if it is malformed or belongs to no place (private, loopback, documentation, …).
 *
 * An IPv4 address inside an IPv6 one (::ffff:0:0/96 of dual-stack sockets, 64:ff9b::/96 of NAT64) comes out as IPv4.
 */
export function publicAddress(text: string): string | null {
  if (text.length > addressCharsMax) return null;
  const version = isIP(text);
  if (version === 4) return publicIpv4(numberOf(text));
  if (version !== 6 || text.includes("%")) return null;
  const groups = groupsOf(text);
  const prefix = groups.slice(0, 6).join();
  const low = (groups[6] as number) * 65_536 + (groups[7] as number);
  if (prefix === "0,0,0,0,0,65535" || prefix === `${0x64},${0xff9b},0,0,0,0`) return publicIpv4(low);
  return publicIpv6(groups);
}
