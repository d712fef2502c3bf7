import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["domain", "ports", "adapters", "wasm", "test"];
/** What the compiler needs and nobody imports at run time. */
const leftOut = /^wasm\/(assembly|build)(\/|$)/;
/** The end of a relative import: `from "./x.ts"`, `import("./x.ts")`, or `import "./x.ts"`. */
const relativeImport = /(\b(?:from|import)\s*\(?\s*"\.{1,2}\/[^"\n]+)\.ts"/g;

/** A copy of the tree that Node runs, and how to be rid of it. */
export interface NodeTree {
  /** The copy of a TypeScript file, named by its path from the root. */
  fileOf(path: string): string;
  remove(): void;
}

/**
 * Copies the tree without its types, file by file, because Node 20 runs no TypeScript.
 *
 * Nothing is bundled: every module stays one, and `import.meta.url` finds the kernel and the golden files beside it.
 */
export function writeNodeTree(): NodeTree {
  const tree = mkdtempSync(join(tmpdir(), "tidegate-node-"));
  const transpiler = new Bun.Transpiler({ loader: "ts", target: "node" });
  for (const path of folders.flatMap(filesOf)) {
    const to = join(tree, path);
    mkdirSync(dirname(to), { recursive: true });
    if (path.endsWith(".ts"))
      writeFileSync(scriptOf(to), plainScript(transpiler, readFileSync(join(root, path), "utf8")));
    else cpSync(join(root, path), to);
  }
  cpSync(join(root, "package.json"), join(tree, "package.json"));
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  return {
    fileOf: (path) => scriptOf(join(tree, path)),
    remove: () => rmSync(tree, { recursive: true }),
  };
}

function plainScript(transpiler: Bun.Transpiler, text: string): string {
  return transpiler.transformSync(text).replace(relativeImport, '$1.js"');
}

function scriptOf(path: string): string {
  return path.replace(/\.ts$/, ".js");
}

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !leftOut.test(path));
}
