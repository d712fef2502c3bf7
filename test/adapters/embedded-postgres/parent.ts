// A process that owns an embedded Postgres, for tests that kill it. Prints the connection, then waits to be ended.
import process from "node:process";
import { EmbeddedPostgresError } from "../../../adapters/embedded-postgres/error.ts";
import { openEmbeddedPostgres } from "../../../adapters/embedded-postgres/open.ts";

const options = JSON.parse(process.argv[2] ?? "{}");
try {
  const postgres = await openEmbeddedPostgres({ ...options, log: (line) => process.stderr.write(`${line}\n`) });
  const { host, port, user, password, database, pid } = postgres;
  process.stdout.write(`${JSON.stringify({ host, port, user, password, database, pid })}\n`);
  process.once("SIGTERM", () => void postgres.stop().then(() => process.exit(0)));
} catch (error) {
  if (!(error instanceof EmbeddedPostgresError)) throw error;
  process.stdout.write(`${JSON.stringify({ refused: error.code })}\n`);
  process.exit(1);
}
