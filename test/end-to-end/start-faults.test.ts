import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../tidegate-process.ts";

const main = fileURLToPath(new URL("../../adapters/serve.ts", import.meta.url));
const runMaxMs = 60_000;

interface Run {
  readonly code: number | null;
  readonly output: string;
}

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

describe("what keeps Tidegate from starting is said with the setting it is about and what to do", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate's fäults $-"));
  const secretsDir = join(folder, "secrets");
  const credentials = join(secretsDir, "credentials.json");
  let ports: { readonly TIDEGATE_INGEST_PORT: string; readonly TIDEGATE_ADMIN_PORT: string };
  before(async () => {
    ports = { TIDEGATE_INGEST_PORT: String(await freePort()), TIDEGATE_ADMIN_PORT: String(await freePort()) };
  });
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

  /** Runs Tidegate on the folder until it ends, or until it runs; then it is told to stop. */
  async function run(env: Record<string, string>, args: readonly string[] = []): Promise<Run> {
    const child = spawn(process.execPath, ["--no-install", main, ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        TIDEGATE_DATA_DIR: join(folder, "data"),
        TIDEGATE_SECRETS_DIR: secretsDir,
        TIDEGATE_INGEST_HOST: "127.0.0.1",
        ...ports,
        DATABASE_URL: "",
        ...env,
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += String(chunk);
        if (output.includes("Tidegate is running")) child.kill("SIGTERM");
      });
    }
    const hard = setTimeout(() => child.kill("SIGKILL"), runMaxMs);
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    clearTimeout(hard);
    return { code, output };
  }

  async function refused(env: Record<string, string>, words: RegExp): Promise<void> {
    const { code, output } = await run(env);
    assert.equal(code, 1, output);
    assert.match(output, words);
    assert.equal(output.includes("    at "), false, "a stack trace is no message");
  }

  async function withContent(path: string, content: string, work: () => Promise<void>): Promise<void> {
    const before = readFileSync(path);
    writeFileSync(path, content);
    await work().finally(() => writeFileSync(path, before));
  }

  it("help is shown without starting anything", async () => {
    const { code, output } = await run({}, ["--help"]);
    assert.equal(code, 0, output);
    assert.match(output, /npm start/);
    assert.match(output, /TIDEGATE_INGEST_PORT/);
  });

  it("a later start prints a header that a shell fills from the file, whatever the path", async () => {
    const first = await run({});
    assert.match(first.output, /Tidegate is running for the first time/);
    const { output } = await run({});
    const header = /v1\/events -H (".*")$/m.exec(output)?.[1];
    const { stdout } = spawnSync("sh", ["-c", `printf %s ${header}`], { encoding: "utf8" });
    const { admin_token } = JSON.parse(readFileSync(credentials, "utf8"));
    assert.equal(stdout, `authorization: Bearer ${admin_token}`);
  });

  it("an ordinary stop is no failure of Postgres", async () => {
    for (let start = 1; start <= 2; start += 1) {
      const { code, output } = await run({});
      assert.equal(code, 0, output);
      assert.doesNotMatch(output, /FATAL/);
    }
  });

  it("a port that is taken is named, by its own setting", async () => {
    for (const setting of ["TIDEGATE_INGEST_PORT", "TIDEGATE_ADMIN_PORT"] as const) {
      const taken = await listenOn(Number(ports[setting]));
      await refused({}, new RegExp(`port ${ports[setting]} of 127\\.0\\.0\\.1 is in use: .*${setting}`));
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  it("an address that is not this machine's is named, and a name that is no host's", async () => {
    await refused({ TIDEGATE_INGEST_HOST: "192.0.2.1" }, /192\.0\.2\.1 .*TIDEGATE_INGEST_HOST/);
    await refused({ TIDEGATE_ADMIN_HOST: "nobody.invalid" }, /nobody\.invalid .*TIDEGATE_ADMIN_HOST/);
  });

  it("a file of settings that can't be read is named by its setting", async () => {
    await refused({ GEOIP_DATABASE: join(folder, "none.mmdb") }, /GEOIP_DATABASE can't be used: .*none\.mmdb/);
  });

  it("folders that can't be used are named", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    await refused({ TIDEGATE_DATA_DIR: file }, /a-file .*TIDEGATE_DATA_DIR/);
    await refused({ TIDEGATE_SECRETS_DIR: file }, /a-file .*TIDEGATE_SECRETS_DIR/);
  });

  it("secrets that are damaged are named, and what to do", async () => {
    const passwords = join(secretsDir, "database-roles.json");
    for (const [path, content] of [
      [credentials, "{}"],
      [passwords, '{ "admin": "" }'],
      [passwords, "not JSON"],
    ] as const) {
      await withContent(path, content, () => refused({}, new RegExp(`${basename(path)} .*restore it`)));
    }
    await withContent(join(secretsDir, "postgres-password"), "wrong\n", () =>
      refused({}, /postgres-password .*restore the secrets/),
    );
    await withContent(join(secretsDir, "postgres-password"), "", () =>
      refused({}, /postgres-password .*restore the secrets/),
    );
    await withContent(join(secretsDir, "vault.key"), "canary", () => refused({}, /vault\.key .*64 hexadecimal/));
  });

  it("a stream's file that is damaged is named, with what it may hold", async () => {
    await withContent(join(folder, "data", "stream.sqlite"), "garbage ".repeat(2_000), () =>
      refused({}, /stream\.sqlite .*damaged.*backup/),
    );
  });

  it("a secrets folder that holds other things, and that others may enter, is left as it is", async () => {
    const shared = join(folder, "shared");
    mkdirSync(shared, { mode: 0o755 });
    writeFileSync(join(shared, "someone-elses"), "");
    await refused({ TIDEGATE_SECRETS_DIR: shared, TIDEGATE_DATA_DIR: join(folder, "other") }, /shared .*of its own/);
  });
});
