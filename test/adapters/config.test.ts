import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, readConfig, vaultKeysOf } from "../../adapters/config.ts";

test("without any setting everything has a default and every role runs", () => {
  const config = readConfig({}, []);
  assert.equal(config.ingestPort, 8080);
  assert.equal(config.adminPort, 8084);
  assert.deepEqual(config.roles, ["ingest", "admin", "process", "relay"]);
  assert.equal(config.metaBaseUrl, "https://graph.facebook.com");
  assert.equal(config.tiktokBaseUrl, "https://business-api.tiktok.com");
  assert.equal(config.databaseUrl, null);
  assert.equal(config.adminHost, "127.0.0.1", "the admin listener is not open to the network unless asked");
});

test("a setting that can't be used is refused by name, without its value", () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ TIDEGATE_INGEST_PORT: "eighty-canary" }, /TIDEGATE_INGEST_PORT/],
    [{ TIDEGATE_ADMIN_PORT: "70000" }, /TIDEGATE_ADMIN_PORT/],
    [{ TIDEGATE_META_BASE_URL: "ftp://canary" }, /TIDEGATE_META_BASE_URL/],
    [{ TIDEGATE_TIKTOK_BASE_URL: "ftp://canary" }, /TIDEGATE_TIKTOK_BASE_URL/],
    [{ TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "canary" }, /TIDEGATE_WEBHOOK_ALLOW_PRIVATE/],
    [{ TIDEGATE_APPLE_BASE_URL: "ftp://canary" }, /TIDEGATE_APPLE_BASE_URL/],
    [{ DATABASE_URL: "canary" }, /DATABASE_URL/],
    [{ TIDEGATE_JSON_DEPTH_MAX: "1" }, /TIDEGATE_JSON_DEPTH_MAX/],
    [{ TIDEGATE_INGEST_PORT: "0x50" }, /TIDEGATE_INGEST_PORT/],
    [{ TIDEGATE_INGEST_HOST: "http://canary" }, /TIDEGATE_INGEST_HOST/],
    [{ TIDEGATE_ADMIN_HOST: "canary:8084" }, /TIDEGATE_ADMIN_HOST/],
    [{ TIDEGATE_VAULT_KEY: "canary" }, /TIDEGATE_VAULT_KEY must be 64 hex/],
    [{ TIDEGATE_VAULT_KEYS_OLD: `${"a".repeat(64)}, canary` }, /TIDEGATE_VAULT_KEYS_OLD must be 64 hex/],
    [{ DATABASE_URL: "postgres://u:canary%er@host/db" }, /DATABASE_URL/],
    [{ DATABASE_URL: "postgres://u:canary@host/db?sslmode=canary" }, /DATABASE_URL.*sslmode/],
  ];
  for (const [env, name] of cases) {
    assert.throws(
      () => readConfig(env, []),
      (error: unknown) => error instanceof ConfigError && name.test(error.message) && !/canary/.test(error.message),
    );
  }
  assert.throws(() => readConfig({}, ["--role", "baker"]), ConfigError);
  assert.throws(() => readConfig({}, ["--role"]), ConfigError);
});

test("webhooks go to the public internet unless the operator says otherwise", () => {
  const allows = (value: string) => readConfig({ TIDEGATE_WEBHOOK_ALLOW_PRIVATE: value }, []).webhookAllowPrivate;
  assert.deepEqual(["", "0", "1"].map(allows), [false, false, true]);
});

test("the vault's keys are the operator's, or those of the file, old ones beside either", () => {
  const keysOf = (env: Record<string, string>) =>
    vaultKeysOf(readConfig({ TIDEGATE_SECRETS_DIR: "/secrets", ...env }, []));
  const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
  assert.deepEqual(keysOf({}), { keyPath: "/secrets/vault.key", oldKeys: [] });
  assert.deepEqual(keysOf({ TIDEGATE_VAULT_KEYS_OLD: b }), { keyPath: "/secrets/vault.key", oldKeys: [b] });
  const both = { TIDEGATE_VAULT_KEY: a, TIDEGATE_VAULT_KEYS_OLD: `${b}, ${c}` };
  assert.deepEqual(keysOf(both), { key: a, oldKeys: [b, c] });
});

test("roles, proxies and base URLs are read", () => {
  const config = readConfig(
    {
      TRUSTED_PROXIES: "10.0.0.0/8, 127.0.0.1",
      TIDEGATE_META_BASE_URL: "http://127.0.0.1:9000/",
      IAB_BOT_LIST: "/etc/bots.txt",
    },
    ["--role", "process,relay"],
  );
  assert.deepEqual(config.roles, ["process", "relay"]);
  assert.deepEqual(config.trustedProxies, ["10.0.0.0/8", "127.0.0.1"]);
  assert.equal(config.metaBaseUrl, "http://127.0.0.1:9000");
  assert.equal(config.iabBotList, "/etc/bots.txt");
  assert.equal(readConfig({}, []).iabBotList, null);
});

test("an argument that is none is named", () => {
  assert.throws(() => readConfig({}, ["--prot", "9000"]), /"--prot", "9000": no such argument; npm start -- --help/);
  assert.throws(() => readConfig({}, ["--role", "ingest", "extra"]), /"extra": no such argument/);
});

test("an argument that is none is refused, so that a slip of the pen starts nothing", () => {
  for (const args of [["bogus"], ["--roles", "ingest"], ["--role", "ingest", "admin"], ["--port", "80"]]) {
    assert.throws(() => readConfig({}, args), { name: "ConfigError", message: /--help/ });
  }
});

test("an IPv6 address is taken with or without brackets", () => {
  for (const host of ["::1", "[::1]"]) assert.equal(readConfig({ TIDEGATE_INGEST_HOST: host }, []).ingestHost, "::1");
});

test("two listeners on one port are refused, and a public URL is an origin", () => {
  const same = { TIDEGATE_INGEST_PORT: "9000", TIDEGATE_ADMIN_PORT: "9000" };
  assert.throws(() => readConfig(same, []), /TIDEGATE_INGEST_PORT and TIDEGATE_ADMIN_PORT must differ/);
  assert.doesNotThrow(() => readConfig({ TIDEGATE_INGEST_PORT: "0", TIDEGATE_ADMIN_PORT: "0" }, []));
  const publicUrl = (value: string) => readConfig({ TIDEGATE_PUBLIC_URL: value }, []).publicUrl;
  assert.equal(publicUrl("https://events.example.com/"), "https://events.example.com");
  for (const value of ["events.example.com", "ftp://a.example", "https://a.example/events", "https://u:p@a.example"]) {
    assert.throws(() => publicUrl(value), /TIDEGATE_PUBLIC_URL/, value);
  }
});
