import { after, it } from "node:test";
import { openTestDatabase } from "../adapters/postgres/server.ts";
import { killRelays } from "./relay-kills.ts";

const kills = 6;
const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`TIDEGATE_TEST_SEED=${seed}`);

const database = await openTestDatabase();
after(() => database.close());

it("a relay killed between claim and acknowledgement loses no effect and doubles none", async () => {
  await killRelays(database, kills, seed);
});
