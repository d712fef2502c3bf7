import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { openSqliteStream } from "../../adapters/sqlite/stream.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";

/**
 * Appends `count` records with eight appenders and prints the id of each one that was answered, so that whoever kills
 * this process knows what must be found. Exit code 3: an append answered stream_unavailable.
 */
const [path = "", count = "0"] = process.argv.slice(2);
const orgId = "0197a000-0000-7000-8000-00000000000a";
const sourceId = "0197a000-0000-7000-8000-0000000000a1";
const appenders = 8;
const payloadBytes = 1_500;

const stream = await openSqliteStream({ path, clock: openSystemClock() });
let left = Number(count);

async function appendUntilDone(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const id = randomUUID();
    const bytes = new Uint8Array(payloadBytes);
    new TextEncoder().encodeInto(id, bytes);
    const result = await stream.append({ id, orgId, sourceId, accepted: 1, bytes });
    if (!result.ok) process.exit(result.failure.code === "stream_unavailable" ? 3 : 4);
    writeSync(1, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: appenders }, appendUntilDone));
await stream.close();
