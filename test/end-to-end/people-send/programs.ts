import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, testedTree, waitFor } from "../../tidegate-process.ts";
import type { Json, Room, Row } from "./room.ts";

/** What programs print and README's examples do (sections 3 and 6 of the table). */
const runMaxMs = 60_000;

/** Runs a program until it ends, or until it has printed what is waited for. */
function run(
  [command, ...args]: readonly [string, ...string[]],
  { env = {}, input = "", until = null as RegExp | null, cwd = testedTree } = {},
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, timeout: runMaxMs });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += String(chunk);
        if (until?.test(output)) resolve({ code: null, output });
        if (until?.test(output)) setTimeout(() => child.kill("SIGTERM"), 2_000);
      });
    }
    child.stdin.end(input);
    child.once("close", (code) => resolve({ code, output }));
  });
}

const bun = (path: string, ...args: string[]): [string, ...string[]] => [
  ...([process.execPath, "--no-install", join(testedTree, path), ...args] as const),
];

/** The shell blocks of README and its pages, as a reader runs them in the folder of the room's server. */
function exampleBlocks({ tidegate }: Room): string[] {
  const folder = join(testedTree, "docs");
  const docs = existsSync(folder) ? readdirSync(folder).map((name) => join("docs", name)) : [];
  const pages = ["README.md", ...docs].filter((name) => name.endsWith(".md"));
  const text = pages.map((name) => readFileSync(join(testedTree, name), "utf8")).join("\n");
  const { ingest_url: ingest, admin_url: admin } = tidegate.credentials;
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) =>
    String(block).replaceAll("http://localhost:8080", ingest).replaceAll("http://localhost:8084", admin),
  );
}

const blockWith = (blocks: readonly string[], words: string) => blocks.find((block) => block.includes(words)) ?? "";

export const programRows: readonly Row[] = [
  {
    promise: "an argument that is not known is named",
    async look() {
      const { code, output } = await run(bun("adapters/serve.ts", "--frobnicate"));
      assert.notEqual(code, 0);
      assert.match(output, /frobnicate/);
    },
  },
  {
    promise: "two listeners on one port are refused at the start, by name",
    async look({ tidegate }) {
      const port = String(await freePort());
      const env = {
        TIDEGATE_INGEST_PORT: port,
        TIDEGATE_ADMIN_PORT: port,
        TIDEGATE_DATA_DIR: join(tidegate.folder, "other-data"),
        TIDEGATE_SECRETS_DIR: join(tidegate.folder, "other-secrets"),
        DATABASE_URL: "",
      };
      const { code, output } = await run(bun("adapters/serve.ts"), { env, until: /is running/ });
      assert.equal(code, 1, output);
      assert.match(output, /TIDEGATE_INGEST_PORT.*TIDEGATE_ADMIN_PORT|TIDEGATE_ADMIN_PORT.*TIDEGATE_INGEST_PORT/s);
    },
  },
  {
    promise: "a dry run on the command line shows no raw key",
    async look({ tidegate }) {
      const layer = join(tidegate.folder, "layer.json");
      writeFileSync(layer, "{}");
      const event = { type: "track", event: "E", userId: "u", properties: { "ana@x.example": 1 } };
      const input = `${JSON.stringify(event)}\n`;
      for (const more of [[], ["--json"]]) {
        const { code, output } = await run(bun("adapters/command.ts", "dry-run", "--config", layer, ...more), {
          input,
        });
        assert.equal(code, 0, output);
        assert.doesNotMatch(output, /ana@x/);
        assert.match(output, /\[email\]|pass/);
      }
    },
  },
  {
    promise: "a simulator asked for a fault that it does not know lists those it knows",
    async look() {
      const { output } = await run(bun("test/simulators/meta/main.ts"), { until: /http:\S+\n/ });
      const url = /http:\S+/.exec(output)?.[0];
      const answer = await fetch(`${url}/_sim/faults`, { method: "POST", body: '{"fault":"nonsense"}' });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /"throttle"/);
    },
  },
  {
    promise: "the Apple example of the documentation asks Apple, its Meta example makes an integration that is used",
    async look(room) {
      const blocks = exampleBlocks(room);
      const tokenBlock = blockWith(blocks, "TOKEN=$(node");
      const script = [
        ...[blockWith(blocks, "WRITE_KEY=$(node"), tokenBlock, blockWith(blocks, "/v1/apple-ads-attribution")],
        blockWith(blocks, "PROJECT=$(node").replace("1234567890", "8888888880"),
        blockWith(blocks, "INTEGRATION=$(curl").replace("1234567890", "8888888888"),
        blockWith(blocks, "transformations/dry-run"),
      ].join("\n");
      const { output } = await run(["sh"], { input: script, cwd: room.tidegate.folder });
      assert.match(output, /"success":true/);
      const { items } = (await room.admin("GET", "/v1/admin/integrations")).json;
      const made = items.find(({ config }: Json) => config.pixel_id === "8888888888");
      assert.ok(output.includes(made?.id), "its id is printed");
      assert.doesNotMatch(output, /"error"/);
      const attribution = async (): Promise<Json> =>
        (await room.admin("GET", "/v1/admin/attributions?anonymous_id=install-1")).json.items[0];
      await waitFor(
        async () => (await attribution()) !== undefined,
        runMaxMs,
        () => "no attribution is shown",
      );
      assert.notEqual((await attribution()).state, "expired");
    },
  },
  {
    promise: "README's example of Segment's SDK ends by itself",
    look() {
      const readme = readFileSync(join(testedTree, "README.md"), "utf8");
      const snippet = /```js\nimport \{ Analytics \}[\s\S]*?```/.exec(readme)?.[0] ?? "";
      assert.match(snippet, /closeAndFlush\(\)/);
    },
  },
  {
    promise: "the API's page prefills no request that wipes rules or ends keys",
    async look({ tidegate }) {
      const url = tidegate.credentials.admin_url;
      const page = await (await fetch(`${url}/docs`)).text();
      const inner = [...page.matchAll(/src="([^"]+)"/g)].map(([, path]) => path);
      const texts = [page, ...(await Promise.all(inner.map(async (path) => (await fetch(`${url}${path}`)).text())))];
      const script = texts.find((text) => text.includes("function firstBody")) ?? "";
      const whole = script.includes("<script>") ? (script.split("<script>")[1] ?? "") : script;
      const body = whole.slice(0, whole.indexOf("show().catch"));
      const firstBody = new Function(`${body}; return firstBody;`)() as (method: string, schema: object) => string;
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as Json;
      const first = (method: string, path: string) =>
        firstBody(method.toUpperCase(), paths[path][method].requestBody.content["application/json"].schema);
      assert.equal(first("put", "/v1/admin/data-layer"), "");
      assert.equal(first("post", "/v1/admin/sources/{source_id}/rotate-write-key"), "{}");
    },
  },
];
