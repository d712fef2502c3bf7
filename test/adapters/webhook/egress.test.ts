import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, it } from "node:test";
import { isPublicAddress } from "../../../adapters/webhook/public-address.ts";
import { checkSettings } from "../../../adapters/webhook/settings.ts";
import { openWebhook, type WebhookOptions } from "../../../adapters/webhook/webhook.ts";
import type { SendResult } from "../../../domain/model/delivery.ts";
import { certificate, certificateKey, clock, resolverOf, secret, webhookIntegration } from "./parts.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
const noIpv6 = hasIpv6 ? {} : { skip: "this machine has no IPv6" };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server on loopback that counts who came; null listens in clear. */
async function listening(
  tls: { cert: string; key: string } | null,
  host = "127.0.0.1",
): Promise<{ port: number; came: () => string[] }> {
  const came: string[] = [];
  const answer: Parameters<typeof createServer>[1] = (request, response) => {
    came.push(`${request.headers.host} ${request.url}`);
    request.resume();
    request.on("end", () => response.end("{}"));
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  await new Promise<void>((resolve) => (server as Server).listen(0, host, resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, came: () => came };
}

async function sendTo(url: string, options: Partial<WebhookOptions> = {}): Promise<SendResult> {
  const webhook = openWebhook({ clock, allowPrivate: false, timeoutMs: 500, ...options });
  const integration = await webhookIntegration({ url });
  return webhook.send(integration, { signing_secret: secret }, [{ id: "1" }]);
}

function meaning(result: SendResult): string {
  return result.ok ? "ok" : `${result.class} ${result.code} ${result.effect}`;
}

const closed = [
  ...["0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254"],
  ...["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1"],
  ...["198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1"],
  ...["255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8"],
  ...["::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::a00:1", "100::1", "2001::1"],
  ...["2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "3fff::1"],
  ...["fc00::1", "fd12:3456:789a::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "4000::1"],
  ...["0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:ffff:7f00:0001", "not an address", "", "127.1", "0x7f000001"],
];
const open = [
  ...["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.1.1.1", "128.0.0.1"],
  ...["169.253.255.255", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.1.1", "198.17.1.1", "198.20.0.1"],
  ...["223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:80e::200e", "2001:200::1"],
];

describe("addresses that a customer may have called", () => {
  it("are those of the public internet, each edge of each range told apart", () => {
    assert.deepEqual(closed.filter(isPublicAddress), []);
    assert.deepEqual(
      open.filter((address) => !isPublicAddress(address)),
      [],
    );
  });

  const refusedHosts = [
    ...["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1."],
    ...["①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1", "0", "10.0.0.1", "0xa9fea9fe", "2852039166", "169.254.43518"],
    ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]"],
    ...["[fd00::1]", "[ff02::1]", "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "x.internal"],
  ];
  for (const host of refusedHosts) {
    it(`are refused when an integration is made, in whatever spelling: ${host}`, () => {
      const [issue, ...others] = checkSettings({ url: `https://${host}/hook` }, false);
      assert.deepEqual([issue?.path, others], ["url", []]);
    });
  }

  it("need https, and neither user nor password nor fragment", () => {
    const faults = (url: unknown, allowPrivate = false) => checkSettings({ url }, allowPrivate).length;
    assert.equal(faults("https://hook.example.com/a?b=c"), 0);
    assert.equal(faults("https://hook.example.com:8443/"), 0);
    for (const url of [
      "http://hook.example.com/",
      "https://127.0.0.1@hook.example.com/",
      "https://user:word@hook.example.com/",
      "https://hook.example.com/#a",
      "ftp://hook.example.com/",
      "file:///etc/passwd",
      "hook.example.com",
      `https://hook.example.com/${"a".repeat(2_100)}`,
      7,
    ]) {
      assert.equal(faults(url), 1, String(url));
    }
    assert.equal(faults("http://127.0.0.1:9000/hook", true), 0);
    assert.equal(faults("http://user@127.0.0.1:9000/hook", true), 1);
  });
});

describe("the check at the time of the connection", () => {
  it("refuses a name with any address that is not public, and sends nothing", async () => {
    const server = await listening({ cert: certificate, key: certificateKey });
    for (const addresses of [["127.0.0.1"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.1.2.3"]]) {
      const resolve = resolverOf([addresses]);
      const result = await sendTo(`https://hook.example.com:${server.port}/`, { resolve, trusted: certificate });
      assert.equal(meaning(result), "config egress_refused none", addresses.join());
    }
    assert.deepEqual(server.came(), []);
  });

  it("refuses what was kept before the rule: an address in clear, or a literal one", async () => {
    const server = await listening(null);
    for (const url of [`http://127.0.0.1:${server.port}/`, `https://127.0.0.1:${server.port}/`, "https://[::1]/"]) {
      assert.equal(meaning(await sendTo(url)), "config egress_refused none", url);
    }
    assert.deepEqual(server.came(), []);
  });

  it("goes to the address that was checked, whatever the name means a moment later", async () => {
    const server = await listening({ cert: certificate, key: certificateKey });
    const rebinding = resolverOf([["192.0.2.77"], ["127.0.0.1"]]);
    const url = `https://hook.example.com:${server.port}/`;
    assert.equal(meaning(await sendTo(url, { resolve: rebinding })), "config egress_refused none");
    assert.deepEqual(rebinding.asked, ["hook.example.com"]);

    const elsewhereFirst = resolverOf([["127.0.0.2"], ["127.0.0.1"]]);
    const elsewhere = { resolve: elsewhereFirst, allowPrivate: true, trusted: certificate };
    assert.equal(meaning(await sendTo(url, elsewhere)), "transient unreachable none", "nobody listens at 127.0.0.2");
    assert.deepEqual(server.came(), []);

    const loopbackFirst = resolverOf([["127.0.0.1"], ["192.0.2.77"]]);
    const pinned = { resolve: loopbackFirst, allowPrivate: true, trusted: certificate };
    assert.equal(meaning(await sendTo(`${url}x?y=1`, pinned)), "ok");
    assert.deepEqual(loopbackFirst.asked, ["hook.example.com"], "one look-up, and no second one by the connection");
    assert.deepEqual(server.came(), [`hook.example.com:${server.port} /x?y=1`]);
  });

  it("still asks for a certificate of the name", async () => {
    const server = await listening({ cert: certificate, key: certificateKey });
    const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    const at = { resolve, allowPrivate: true };
    const named = (name: string) => `https://${name}:${server.port}/`;
    assert.equal(meaning(await sendTo(named("hook.example.com"), { ...at, trusted: certificate })), "ok");
    assert.equal(
      meaning(await sendTo(named("other.example.com"), { ...at, trusted: certificate })),
      "config tls_untrusted none",
    );
    assert.equal(meaning(await sendTo(named("hook.example.com"), at)), "config tls_untrusted none");
    assert.equal(server.came().length, 1);
  });

  it("a name that does not resolve, or not in time, is no address and had no effect", async () => {
    const failing = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    assert.equal(
      meaning(await sendTo("https://hook.example.com/", { resolve: failing })),
      "transient unreachable none",
    );
    const empty = resolverOf([[]]);
    assert.equal(meaning(await sendTo("https://hook.example.com/", { resolve: empty })), "transient unreachable none");
    const never = () => new Promise<never>(() => {});
    const late = await sendTo("https://hook.example.com/", { resolve: never, timeoutMs: 50 });
    assert.equal(meaning(late), "transient timeout none");
  });

  it("the operator's own network is open where the operator says so", async () => {
    const server = await listening(null);
    assert.equal(meaning(await sendTo(`http://127.0.0.1:${server.port}/hook`, { allowPrivate: true })), "ok");
    assert.equal(meaning(await sendTo(`http://localhost:${server.port}/hook`, { allowPrivate: true })), "ok");
    assert.deepEqual(server.came().length, 2);
  });

  it("an address of IPv6 is connected to and named like any other", noIpv6, async () => {
    const server = await listening(null, "::1");
    assert.equal(meaning(await sendTo(`http://[::1]:${server.port}/hook`, { allowPrivate: true })), "ok");
    assert.deepEqual(server.came(), [`[::1]:${server.port} /hook`]);
  });
});
