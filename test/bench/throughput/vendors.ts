import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { onEarlyEnd } from "./leftovers.ts";
import type { Server } from "./server.ts";

const names = ["meta", "tiktok", "webhook"] as const;
export type VendorName = (typeof names)[number];

/** What a simulator was sent that held one of our events. */
export interface Arrival {
  readonly text: string;
  readonly atMs: number;
}

/** The vendors' simulators, each in a process of its own. */
export interface Vendors {
  /** What the server is started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Connects the server's first project to all of them. */
  connect(server: Server): Promise<void>;
  arrivals(name: VendorName): Promise<Arrival[]>;
  /** Events that came again and were known by their ids, at all of them. */
  duplicates(): Promise<number>;
  stop(): void;
}

export { names as vendorNames };

export async function startVendors(): Promise<Vendors> {
  const started = await Promise.all(names.map(async (name) => [name, await startVendor(name)] as const));
  const urls = Object.fromEntries(started.map(([name, { url }]) => [name, url])) as Record<VendorName, string>;
  const configs: Readonly<Record<VendorName, object>> = {
    meta: { pixel_id: "1234567890", access_token: "bench-token" },
    tiktok: { event_source: "web", event_source_id: "BENCHPIXEL0000000001", access_token: "bench-token" },
    webhook: { url: `${urls.webhook}/hook` },
  };
  const ask = async <T>(name: VendorName, what: string) =>
    (await (await fetch(`${urls[name]}/_sim/${what}`)).json()) as T;
  return {
    env: {
      TIDEGATE_META_BASE_URL: urls.meta,
      TIDEGATE_TIKTOK_BASE_URL: urls.tiktok,
      TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1",
    },
    async connect(server) {
      const { project_id } = server.credentials;
      for (const vendor of names) {
        await server.admin("POST", "/v1/admin/integrations", { vendor, project_id, config: configs[vendor] });
      }
    },
    async arrivals(name) {
      const requests = await ask<{ readonly body: string; readonly receivedAtMs: number }[]>(name, "requests");
      return requests.map(({ body, receivedAtMs }) => {
        return { text: Buffer.from(body, "base64").toString(), atMs: receivedAtMs };
      });
    },
    async duplicates() {
      const counts = await Promise.all(names.map((name) => ask<{ readonly duplicates: number }>(name, "counts")));
      return counts.reduce((sum, { duplicates }) => sum + duplicates, 0);
    },
    stop() {
      for (const [, { child }] of started) child.kill("SIGTERM");
    },
  };
}

async function startVendor(name: VendorName): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const main = fileURLToPath(new URL(`../../simulators/${name}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--no-install", main], { stdio: ["ignore", "pipe", "inherit"] });
  child.once(
    "exit",
    onEarlyEnd(() => child.kill("SIGKILL")),
  );
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (chunk) => resolve(String(chunk).trim()));
    child.once("exit", (code) => reject(new Error(`the simulator of ${name} ended with ${code}`)));
  });
  return { child, url };
}
