import { parseArgs } from "node:util";
import { serveUntilSignal } from "../server.ts";
import { startMetaSimulator } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    strict: { type: "boolean", default: false },
    lenient: { type: "boolean", default: false },
  },
});

serveUntilSignal(await startMetaSimulator({ ...values, port: Number(values.port) }));
