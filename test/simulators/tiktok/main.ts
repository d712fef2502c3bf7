import { parseArgs } from "node:util";
import { serveUntilSignal } from "../server.ts";
import { startTiktokSimulator } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    strict: { type: "boolean", default: false },
    partial: { type: "boolean", default: false },
  },
});

serveUntilSignal(await startTiktokSimulator({ ...values, port: Number(values.port) }));
