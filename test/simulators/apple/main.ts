import { parseArgs } from "node:util";
import { serveUntilSignal } from "../server.ts";
import { notFoundHoldMs } from "./contract.ts";
import { startAppleSimulator } from "./server.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });

serveUntilSignal(await startAppleSimulator({ port: Number(values.port), notFoundHoldMs }));
