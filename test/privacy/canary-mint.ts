import { createHash } from "node:crypto";
import type { Canary } from "./leak-scan.ts";

/** Makes raw values that occur nowhere else, and keeps a list of what must then be found nowhere. */
export interface CanaryMint {
  readonly canaries: readonly Canary[];
  email(where: string): string;
  /** Digits with country code, no plus. `write` brings them into the form in which they are sent. */
  phone(where: string, write?: (digits: string) => string): string;
  ipv4(where: string): string;
  ipv6(where: string): string;
  userAgent(where: string): string;
  /** A secret: letters only. */
  secret(where: string): string;
}

const consonants = "bcdfghjklmnpqrstvwxz";
const tokenChars = 14;
const phoneDigits = 9;
const firstOctet = 100;
const octets = 150;
const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X)";

/** Opens a mint. The values depend on the seed alone, so that a failing run can be replayed. */
export function openMint(seed: string): CanaryMint {
  const canaries: Canary[] = [];
  let minted = 0;

  function bytes(): Buffer {
    minted += 1;
    return createHash("sha512").update(`${seed} ${minted}`).digest();
  }
  /** Without vowels and digits: no word, no hex, and no part of a hash. */
  function token(): string {
    return [...bytes().subarray(0, tokenChars)].map((byte) => consonants[byte % consonants.length]).join("");
  }
  function watch(name: string, value: string): string {
    canaries.push({ name, value });
    return value;
  }

  return {
    canaries,
    email(where) {
      const local = watch(`email, local part: ${where}`, token());
      const domain = watch(`email, domain: ${where}`, token());
      return `${local}+tag@${domain}.example.org`;
    },
    phone(where, write = (digits) => digits) {
      const own = [...bytes().subarray(0, phoneDigits)].map((byte) => byte % 10).join("");
      watch(`phone: ${where}`, `15${own}`);
      const sent = write(`4915${own}`);
      if (!sent.includes(`15${own}`)) watch(`phone as sent: ${where}`, sent);
      return sent;
    },
    ipv4(where) {
      bytes();
      const [third, fourth] = [firstOctet + Math.floor(minted / octets), firstOctet + (minted % octets)];
      return watch(`ip: ${where}`, `198.18.${third}.${fourth}`);
    },
    ipv6(where) {
      const hex = bytes().toString("hex");
      return watch(`ipv6: ${where}`, `2001:db8:f${hex.slice(0, 3)}:e${hex.slice(3, 6)}::d${hex.slice(6, 9)}`);
    },
    userAgent(where) {
      const product = watch(`user agent: ${where}`, token());
      return `${phone} AppleWebKit/605.1.15 ${product}/7.41 Mobile/15E148`;
    },
    secret: (where) => watch(`secret: ${where}`, token()),
  };
}
