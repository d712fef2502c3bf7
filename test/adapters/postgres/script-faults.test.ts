import { after } from "node:test";
import { scriptFaultStoreSuite } from "../../contracts/script-fault-store.ts";
import { openTestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

scriptFaultStoreSuite("postgres", database.store.scriptFaultStore);
