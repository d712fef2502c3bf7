import { BlockList, isIP } from "node:net";
import { peerOf } from "./peer.ts";

/** Tells whose address a request comes from. */
export interface ClientAddress {
  /** Null where it can't be told. */
  of(request: Request): string | null;
  /** Whether the request came through a proxy whose headers count. */
  viaTrustedProxy(request: Request): boolean;
}

const forwardedHopsMax = 20;

/**
 * Makes the reader of client addresses: the socket's, or what trusted proxies put into X-Forwarded-For.
 *
 * The header is read from the right, because only its right end was written by proxies one knows.
 * Shape: `trustedProxies` are addresses and CIDR ranges. Errors: throws on one that is neither.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const range of trustedProxies) addRange(trusted, range);
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  function viaTrustedProxy(request: Request): boolean {
    const peer = plainAddress(peerOf(request) ?? "");
    return peer !== null && trustedProxies.length > 0 && isTrusted(peer);
  }

  return {
    viaTrustedProxy,
    of(request) {
      const peer = plainAddress(peerOf(request) ?? "");
      if (!viaTrustedProxy(request)) return peer;
      const hops = (request.headers.get("x-forwarded-for") ?? "").split(",").slice(-forwardedHopsMax);
      let nearest = peer;
      for (const hop of hops.reverse()) {
        const address = plainAddress(hop.trim());
        if (hop.trim() === "") continue;
        if (address === null || !isTrusted(address)) return address;
        nearest = address;
      }
      return nearest;
    },
  };
}

function addRange(list: BlockList, range: string): void {
  const [address = "", bits] = range.split("/");
  const family = isIP(address);
  const prefix = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
  if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 6 ? 128 : 32)) {
    throw new Error("TRUSTED_PROXIES must list addresses or CIDR ranges, such as 10.0.0.0/8 or fd00::/8");
  }
  list.addSubnet(address, prefix, family === 6 ? "ipv6" : "ipv4");
}

/** The address without brackets, port, zone and IPv4-in-IPv6 wrapping; null if it is none. */
function plainAddress(text: string): string | null {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const withoutPort = bracketed ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const address = withoutPort.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
  return isIP(address) === 0 ? null : address;
}
