import assert from "node:assert/strict";
import { after, it } from "node:test";
import { openTestDatabase } from "../adapters/postgres/server.ts";
import { killRelays } from "./relay-kills.ts";

const kills = 200;
const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`TIDEGATE_TEST_SEED=${seed}`);

const database = await openTestDatabase();
after(() => database.close());

it("a relay killed anywhere between claim and acknowledgement loses no effect and doubles none", async () => {
  const report = await killRelays(database, kills, seed);
  console.log(JSON.stringify(report));
  assert.ok(Object.keys(report.deaths).length >= 9, "relays died at every point");
});
