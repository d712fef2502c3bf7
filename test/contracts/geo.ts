import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Geo, GeoPlace } from "../../ports/geo.ts";

const placeless = [
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "169.254.169.254",
  "172.31.255.255",
  "192.0.2.1",
  "192.168.0.1",
  "198.19.0.1",
  "203.0.113.9",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:10.0.0.1",
  "fc00::1",
  "fe80::1",
  "fe80::1%eth0",
  "ff02::1",
  "2001:db8::1",
];

const malformed = [
  "",
  " ",
  "8.8.8",
  "8.8.8.8.8",
  "8.8.8.256",
  "08.8.8.8",
  "8.8.8.8:80",
  "8.8.8.8/32",
  "[2a00:1450:4001:82a::200e]",
  "2a00:1450:::1",
  "unknown",
  "localhost",
  "1".repeat(100_000),
  "\u0000",
  "８.８.８.８",
];

export interface KnownPlace {
  readonly ip: string;
  readonly place: GeoPlace;
}

/** The promises of ports/geo.ts, run against one adapter. `known` are IPv4 addresses that its data has. */
export function geoSuite(name: string, open: () => Promise<Geo>, known: readonly KnownPlace[]): void {
  describe(`geo: ${name}`, () => {
    it("finds the places it knows", async () => {
      const geo = await open();
      for (const { ip, place } of known) assert.deepEqual(geo.locate(ip), place);
    });

    it("an IPv4 address inside an IPv6 one is found like the plain one, in every spelling", async () => {
      const geo = await open();
      for (const { ip, place } of known) {
        const hex = ip.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
        const groups = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`;
        const spellings = [`::ffff:${ip}`, `::FFFF:${groups}`, `0:0:0:0:0:ffff:${ip}`, `64:ff9b::${ip}`];
        for (const spelling of spellings) assert.deepEqual(geo.locate(spelling), place);
      }
    });

    it("private, reserved and loopback addresses have no place", async () => {
      const geo = await open();
      for (const ip of placeless) assert.equal(geo.locate(ip), null, ip);
    });

    it("what is no address has no place and throws nothing", async () => {
      const geo = await open();
      for (const text of malformed) assert.equal(geo.locate(text), null);
    });

    it("names the source of its data", async () => {
      assert.match((await open()).attribution, /https:\/\//);
    });
  });
}
