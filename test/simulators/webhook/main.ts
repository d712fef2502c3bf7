import { parseArgs } from "node:util";
import { serveUntilSignal } from "../server.ts";
import { startWebhookSimulator } from "./server.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, secret: { type: "string", multiple: true } },
});
const { port, secret } = values;

serveUntilSignal(await startWebhookSimulator({ port: Number(port), ...(secret ? { secrets: secret } : {}) }));
