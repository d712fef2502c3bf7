import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const fileLinesMax = 400;
const functionLinesMax = 70;
/** Ports is the one list of what the domain needs. */
const folderFilesMax = 25;
const lineColumnsMax = 120;
const bannedNames = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "base", "impl"];
/** Words that only this code gave a meaning, with the field's beside them in docs/glossary.md. */
const privateWords = new Set(
  `bell mend mended mendings poison bury buried burial burials desk desks doubt doubts doubtful traveller travellers
  afterthought afterthoughts shelf sleeper sleepers gist heir company`.split(/\s+/),
);
const topLevel = ["package.json", "bunfig.toml", "tsconfig.json", "domain", "ports", "adapters", "wasm", "migrations"];
const besideThem = [
  "test",
  "docs",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "package-lock.json",
  "biome.json",
  "node_modules",
];
const runtimeGlobals = /\b(Bun|Deno|process|fetch|performance)\s*[.(]|\bDate\.now\b|\bMath\.random\b/;

/** Every TypeScript file of a folder, as paths from the root. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith("wasm/assembly"))
    .sort();
}

const shipped = ["domain", "ports", "adapters", "wasm"].flatMap(sources);
const everything = [...shipped, ...sources("test")];

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Imports of a file: relative ones as paths from the root, packages by their name. */
function importsOf(path: string): Import[] {
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s)?([^;]*?)\bfrom\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gms;
  for (const match of read(path).matchAll(statement)) {
    const to = (match[3] ?? match[4]) as string;
    const named = match[2]?.match(/^\{([\s\S]*)\}\s*$/)?.[1];
    const members = named?.split(",").map((member) => member.trim());
    const membersAreTypes = members?.every((member) => member === "" || member.startsWith("type ")) ?? false;
    const resolved = to.startsWith(".") ? normalize(join(dirname(path), to)) : to;
    found.push({ from: path, to: resolved, typeOnly: Boolean(match[1]) || membersAreTypes });
  }
  return found;
}

const composition = new Set(["adapters/compose.ts", "adapters/serve.ts", "adapters/command.ts"]);
const vendors = new Set(["apple", "meta", "tiktok", "webhook", "vendor-http"]);
const adapterRoom = /^adapters\/([^/]+)\//;

/** Whether the dependency rule of the layout lets `item.from` import `item.to`. */
function allowed({ from, to, typeOnly }: Import): boolean {
  if (from.startsWith("domain/model/")) return to.startsWith("domain/model/");
  if (from.startsWith("ports/")) {
    return to.startsWith("ports/") || to.startsWith("domain/model/");
  }
  if (from.startsWith("domain/")) return to.startsWith("domain/") || to.startsWith("ports/");
  if (from.startsWith("wasm/")) return /^(wasm|domain|ports)\//.test(to) || !to.includes("/");
  if (composition.has(from) || from.startsWith("adapters/compose/")) return !to.startsWith("test/");
  const room = adapterRoom.exec(from)?.[1];
  if (to.startsWith("test/")) return false;
  if (to.startsWith("domain/pipeline/") || to.startsWith("domain/admin/")) return room === "http" || typeOnly;
  if (to.startsWith("adapters/vendor-http/")) return vendors.has(room ?? "");
  if (to.startsWith("adapters/")) return adapterRoom.exec(to)?.[1] === room || to === "adapters/config.ts";
  return true;
}

test("who may import whom: each file imports only what its room may", () => {
  const wrong = shipped.flatMap(importsOf).filter((item) => !allowed(item));
  assert.deepEqual(wrong, []);
});

test("the dependency rule can fail", () => {
  assert.equal(
    allowed({ from: "adapters/meta/meta.ts", to: "adapters/http/server/errors.ts", typeOnly: false }),
    false,
  );
  assert.equal(allowed({ from: "domain/model/event/event.ts", to: "ports/kernel.ts", typeOnly: true }), false);
  assert.equal(
    allowed({ from: "domain/pipeline/ingest/ingest.ts", to: "adapters/sqlite/stream.ts", typeOnly: true }),
    false,
  );
  assert.equal(allowed({ from: "domain/admin/x.ts", to: "node:crypto", typeOnly: false }), false);
});

test("domain and ports reach for no runtime, clock or randomness of their own", () => {
  const wrong = [...sources("domain"), ...sources("ports")].filter((path) => runtimeGlobals.test(code(read(path))));
  assert.deepEqual(wrong, []);
});

test("files, functions and lines stay short enough to read", () => {
  const wrong: string[] = [];
  for (const path of everything) {
    const lines = read(path).split("\n");
    if (lines.length > fileLinesMax + 1) wrong.push(`${path}: ${lines.length} lines`);
    lines.forEach((line, index) => {
      if (line.length > lineColumnsMax) wrong.push(`${path}:${index + 1}: ${line.length} columns`);
    });
    if (!path.startsWith("test/")) wrong.push(...longFunctions(path, lines));
  }
  assert.deepEqual(wrong, []);
});

/** Top-level functions of a file that are longer than they may be; factories may hold several short ones. */
function longFunctions(path: string, lines: readonly string[]): string[] {
  const found: string[] = [];
  const starts: { readonly at: number; readonly indent: string; readonly name: string; nested: number }[] = [];
  lines.forEach((line, index) => {
    const head = /^(\s*)(?:export\s+)?(?:async\s+)?function\*?\s+(\w+)/.exec(line);
    if (head) starts.push({ at: index, indent: head[1] as string, name: head[2] as string, nested: 0 });
    const open = starts.at(-1);
    if (!open || index === open.at || line !== `${open.indent}}`) return;
    starts.pop();
    const own = index - open.at + 1 - open.nested;
    for (const outer of starts) outer.nested += outer === starts.at(-1) ? index - open.at + 1 : 0;
    if (own > functionLinesMax) found.push(`${path}:${open.at + 1}: ${open.name} has ${own} lines`);
  });
  return found;
}

test("a folder holds no more files than one can look over", () => {
  const counts = new Map<string, number>();
  for (const path of everything) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  const full = [...counts].filter(([folder, files]) => files > folderFilesMax && folder !== "ports");
  assert.deepEqual(full, []);
});

test("no file or folder bears a name that says nothing", () => {
  const wrong = everything.filter((path) =>
    path.split(/[/.-]/).some((part) => bannedNames.includes(part.toLowerCase())),
  );
  assert.deepEqual(wrong, []);
  const shouting = everything.filter((path) => !/^[a-z0-9./-]+$/.test(path) || /\/index\.ts$/.test(path));
  assert.deepEqual(shouting, []);
});

test("no name is a private word: the glossary has the field's", () => {
  const wrong = new Set<string>();
  for (const path of everything.filter((path) => path !== "test/tidy.test.ts")) {
    const names =
      code(read(path))
        .replace(/"[^"\n]*"|'[^'\n]*'|`[^`]*`/g, "")
        .match(/[A-Za-z_$][\w$]*/g) ?? [];
    for (const name of [...names, ...path.split("/")]) {
      const parts = name.split(/[-_.$]|(?<=[a-z0-9])(?=[A-Z])/).map((part) => part.toLowerCase());
      if (parts.some((part) => privateWords.has(part))) wrong.add(`${path}: ${name}`);
    }
  }
  assert.deepEqual([...wrong], []);
});

test("every shipped file is imported by another, or is an entry point", () => {
  const entries = new Set(["adapters/serve.ts", "adapters/command.ts", "adapters/cli/prepare.mjs"]);
  const imported = new Set(everything.flatMap(importsOf).map((item) => item.to));
  const started = everything.map(read).join("\n");
  const dead = shipped.filter((path) => {
    const name = path.split("/").at(-1) as string;
    return !entries.has(path) && !imported.has(path) && !started.includes(`"./${name}"`);
  });
  assert.deepEqual(dead, []);
});

test("the top level holds what the layout names and nothing else", () => {
  const known = new Set([...topLevel, ...besideThem, "data", "secrets"]);
  const others = readdirSync(root).filter((name) => !known.has(name) && !name.startsWith("."));
  assert.deepEqual(others, []);
});

test("dependencies are pinned exactly and the lockfile names no host", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const pins = Object.entries({ ...manifest["dependencies"], ...manifest["devDependencies"] });
  assert.deepEqual(
    pins.filter(([, version]) => !/^\d+\.\d+\.\d+[\w.-]*$/.test(version)),
    [],
  );
  assert.equal(read("package-lock.json").includes('"resolved"'), false);
});

test("a page gives the reason for each dependency", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const page = read("docs/dependencies.md");
  const missing = Object.keys({ ...manifest["dependencies"], ...manifest["devDependencies"] }).filter(
    (name) => !page.includes(`\`${name}\``),
  );
  assert.deepEqual(missing, []);
});

function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
