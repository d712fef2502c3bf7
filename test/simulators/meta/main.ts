import process from "node:process";
import { parseArgs } from "node:util";
import { startMetaSimulator } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    strict: { type: "boolean", default: false },
    lenient: { type: "boolean", default: false },
  },
});

const simulator = await startMetaSimulator({ ...values, port: Number(values.port) });
process.stdout.write(`${simulator.url}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => simulator.close().then(() => process.exit(0)));
}
