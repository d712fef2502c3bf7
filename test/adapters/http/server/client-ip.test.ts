import assert from "node:assert/strict";
import { test } from "node:test";
import { createClientAddress } from "../../../../adapters/http/server/client-ip.ts";
import { setPeer } from "../../../../adapters/http/server/peer.ts";

function from(peer: string | null, forwarded?: string): Request {
  const headers: Record<string, string> = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  const request = new Request("http://localhost/", { headers });
  setPeer(request, peer);
  return request;
}

test("the socket's address counts, and X-Forwarded-For only from a trusted proxy", () => {
  const clients = createClientAddress(["10.0.0.0/8", "fd00::/8", "192.0.2.1"]);
  const cases: [string | null, string | undefined, string | null][] = [
    ["203.0.113.7", undefined, "203.0.113.7"],
    ["203.0.113.7", "198.51.100.1", "203.0.113.7"],
    ["::ffff:203.0.113.7", undefined, "203.0.113.7"],
    ["10.1.2.3", "198.51.100.1", "198.51.100.1"],
    ["::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"],
    ["10.1.2.3", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"],
    ["10.1.2.3", "10.4.4.4, 10.9.9.9", "10.4.4.4"],
    ["fd00::1", "[2001:db8::5]:4711", "2001:db8::5"],
    ["192.0.2.1", "198.51.100.1:1234", "198.51.100.1"],
    ["192.0.2.2", "198.51.100.1", "192.0.2.2"],
    ["10.1.2.3", "198.51.100.1, unknown", null],
    ["10.1.2.3", "", "10.1.2.3"],
    ["10.1.2.3", undefined, "10.1.2.3"],
    [null, "198.51.100.1", null],
  ];
  for (const [peer, forwarded, expected] of cases) {
    assert.equal(clients.of(from(peer, forwarded)), expected, `${peer} / ${forwarded}`);
  }
});

test("without trusted proxies no header is believed", () => {
  const clients = createClientAddress([]);
  assert.equal(clients.of(from("10.1.2.3", "198.51.100.1")), "10.1.2.3");
  assert.equal(clients.viaTrustedProxy(from("10.1.2.3")), false);
});

test("a range that is none is refused when it is configured", () => {
  for (const range of ["10.0.0.0/33", "proxy", "10.0.0/8", "::1/129", "10.0.0.0/x"]) {
    assert.throws(() => createClientAddress([range]), /TRUSTED_PROXIES/);
  }
});
