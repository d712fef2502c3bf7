import { parseArgs } from "node:util";
import type { SourceKind } from "../../domain/model/tenant.ts";
import { type DryRunOptions, type DryRunParts, dryRun } from "./dry-run.ts";
import { type ExitCode, exitCodes, printable, type Terminal } from "./terminal.ts";
import { validate } from "./validate.ts";
import { type OpenRotation, type RotateOptions, rotateVault } from "./vault-rotate.ts";

const usage = `tidegate: try a data layer before it governs, without a server or a database; rotate the vault's key.

  npm run -s tidegate -- validate <layer.json | -> [--json]
      Checks the file by the API's own rules; shows every fault, with its place and what to do.

  npm run -s tidegate -- dry-run --config <layer.json> [options] < events.ndjson
      Runs the data layer on events, one JSON object a line, and shows what it does to each.

      --kind server | browser | mobile   whose events they are (server)
      --dialect segment | layers         what their members are called (segment)
      --calling-code <digits>            put before phone numbers that have none
      --ip <address>                     of the connection they come over
      --user-agent <text>                of that connection
      --json                             one JSON object a line: every stage, and the event as it would be stored

  npm run -s tidegate -- vault rotate [--forget-old] [--json]
      Makes a new key for credentials and seals them all with it, beside a running Tidegate or without one; the same
      command goes on after an interruption. Reads the environment that Tidegate is started with.

Exit codes: 0 nothing wrong, 1 faults found, 2 the command was wrong.
Colours go to terminals only, and never where NO_COLOR is set.
`;

const kinds: readonly string[] = ["server", "browser", "mobile"] satisfies SourceKind[];
const callingCodeForm = /^[1-9]\d{0,2}$/;

export interface CliParts extends DryRunParts {
  readonly openRotation: OpenRotation;
}

/** Runs one command line. Errors: none are thrown for what a user can get wrong; the exit code tells. */
export async function runTidegate(args: readonly string[], terminal: Terminal, parts: CliParts): Promise<ExitCode> {
  const [command, ...rest] = args;
  if (command === "help" || args.includes("--help") || args.includes("-h")) {
    await terminal.write(usage);
    return exitCodes.ok;
  }
  try {
    if (command === "validate") {
      const { path, json } = validateArgs(rest);
      return await validate(path, { json }, terminal, parts);
    }
    if (command === "dry-run") return await dryRun(dryRunArgs(rest), terminal, parts);
    if (command === "vault") return await rotateVault(rotateArgs(rest), terminal, parts.openRotation);
    throw new UsageError(command === undefined ? "name a command" : `there is no command ${command}`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.note(`tidegate: ${printable(error.message)}\n\n${usage}`);
    return exitCodes.usage;
  }
}

class UsageError extends Error {}

function validateArgs(args: readonly string[]): { readonly path: string; readonly json: boolean } {
  const { values, positionals } = parsed(args, { json: { type: "boolean" } });
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0) throw new UsageError("validate takes one file");
  return { path, json: values["json"] === true };
}

function rotateArgs(args: readonly string[]): RotateOptions {
  const flag = { type: "boolean" } as const;
  const { values, positionals } = parsed(args, { "forget-old": flag, json: flag });
  if (positionals.join(" ") !== "rotate") throw new UsageError("vault knows one command: rotate");
  return { forgetOld: values["forget-old"] === true, json: values["json"] === true };
}

function dryRunArgs(args: readonly string[]): DryRunOptions {
  const text = { type: "string" } as const;
  const options = { config: text, kind: text, dialect: text, "calling-code": text, ip: text, "user-agent": text };
  const { values, positionals } = parsed(args, { ...options, json: { type: "boolean" } });
  const config = values["config"];
  if (positionals.length > 0) throw new UsageError("dry-run reads its events from standard input");
  if (typeof config !== "string") throw new UsageError("dry-run needs --config <layer.json>");
  if (config === "-") throw new UsageError("standard input is for the events; --config names a file");
  const kind = String(values["kind"] ?? "server");
  if (!kinds.includes(kind)) throw new UsageError(`--kind is one of ${kinds.join(", ")}`);
  const dialect = String(values["dialect"] ?? "segment");
  if (dialect !== "segment" && dialect !== "layers") throw new UsageError("--dialect is one of segment, layers");
  const callingCode = values["calling-code"];
  if (callingCode !== undefined && !callingCodeForm.test(String(callingCode))) {
    throw new UsageError("--calling-code is one to three digits, such as 49");
  }
  const ip = textOf(values["ip"]);
  const userAgent = textOf(values["user-agent"]);
  return {
    configPath: config,
    kind: kind as SourceKind,
    callingCode: textOf(callingCode),
    dialect,
    sender: ip === null && userAgent === null ? null : { ip, userAgent },
    json: values["json"] === true,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function parsed(args: readonly string[], options: Record<string, { type: "string" | "boolean" }>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split("\n")[0] as string) : "these options are wrong");
  }
}
