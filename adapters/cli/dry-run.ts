import type { EventReport } from "../../domain/admin/data-layer/dry-run-report.ts";
import type { Trial, TrialDialect, TriedEvents } from "../../domain/admin/data-layer/dry-run-trial.ts";
import type { Tally } from "../../domain/admin/data-layer/trial-tally.ts";
import type { DataLayerConfig } from "../../domain/model/data-layer.ts";
import { writeExact } from "../../domain/model/json/exact-json.ts";
import { bodyBytesMax } from "../../domain/model/limits.ts";
import type { SourceKind } from "../../domain/model/tenant.ts";
import { type Line, readLines } from "./lines.ts";
import { type ReadConfigParts, readConfig } from "./read-config.ts";
import {
  createPaint,
  createProgress,
  type ExitCode,
  exitCodes,
  type Paint,
  printable,
  type Terminal,
} from "./terminal.ts";
import { faultsText } from "./validate.ts";

export interface DryRunOptions {
  readonly configPath: string;
  readonly kind: SourceKind;
  readonly callingCode: string | null;
  readonly dialect: TrialDialect;
  /** Null: nobody's connection is judged. */
  readonly sender: { readonly ip: string | null; readonly userAgent: string | null } | null;
  readonly json: boolean;
}

export interface DryRunParts extends ReadConfigParts {
  readonly openTrial: (
    config: DataLayerConfig,
    source: { readonly kind: SourceKind; readonly defaultCallingCode: string | null },
  ) => Promise<Trial>;
  readonly createTally: () => Tally;
  readonly openScripts: (config: DataLayerConfig) => Promise<Scripts>;
}

/** A data layer's custom JavaScript, in a sandbox of this run's own. */
export interface Scripts {
  /** Takes the events that reached it through it; where it is off they stay as they are. */
  take(tried: TriedEvents): Promise<readonly EventReport[]>;
  close(): Promise<void>;
}

/** What became of one line: the event's report, or why it is none. */
type LineReport =
  | { readonly line: number; readonly outcome: "malformed"; readonly code: string; readonly position: number | null }
  | (Omit<EventReport, "index"> & { readonly line: number });

const outBufferCharsMax = 16 * 1024;
const decoder = new TextDecoder();

/** Runs a data layer's file on events from standard input, one JSON object a line, and shows what it does to each. */
export async function dryRun(options: DryRunOptions, terminal: Terminal, parts: DryRunParts): Promise<ExitCode> {
  const read = await readConfig(options.configPath, terminal, parts);
  if (read.kind === "unreadable") {
    terminal.note(`tidegate: ${printable(options.configPath)}: ${read.message}\n`);
    return exitCodes.usage;
  }
  if (read.kind === "faulty") {
    terminal.note(faultsText(options.configPath, read.faults, createPaint(false)));
    return exitCodes.faults;
  }
  const scripts = await parts.openScripts(read.config);
  try {
    return await runConfig(read.config, options, terminal, parts, scripts);
  } finally {
    await scripts.close();
  }
}

async function runConfig(
  config: DataLayerConfig,
  options: DryRunOptions,
  terminal: Terminal,
  parts: DryRunParts,
  scripts: Scripts,
): Promise<ExitCode> {
  if (terminal.inputIsTyped) terminal.note("Type events, one JSON object a line; Ctrl-D ends.\n");
  const trial = await parts.openTrial(config, { kind: options.kind, defaultCallingCode: options.callingCode });
  return await runLines(options, terminal, trial, scripts, parts.createTally());
}

async function runLines(options: DryRunOptions, terminal: Terminal, trial: Trial, scripts: Scripts, tally: Tally) {
  const paint = createPaint(terminal.colours);
  const progress = createProgress(terminal, () => performance.now());
  let out = "";
  let events = 0;
  let malformed = 0;
  for await (const line of readLines(terminal.input, bodyBytesMax)) {
    if (isBlank(line)) continue;
    const report = await reportLine(line, trial, scripts, options);
    events += 1;
    if (report.outcome === "malformed") malformed += 1;
    else tally.add(report);
    out += options.json ? `${writeExact(report)}\n` : lineText(report, paint);
    progress.show(line.doneBytes, events);
    if (out.length < outBufferCharsMax && !terminal.inputIsTyped) continue;
    await terminal.write(out);
    out = "";
  }
  if (out !== "") await terminal.write(out);
  progress.clear();
  const { passed, dropped, rejected } = tally.show();
  terminal.note(
    `${events} events: ${passed} pass, ${countText(dropped, "dropped")}, ${countText(rejected, "refused")}, ` +
      `${malformed} malformed\n`,
  );
  return malformed + sumOf(rejected) > 0 ? exitCodes.faults : exitCodes.ok;
}

async function reportLine(line: Line, trial: Trial, scripts: Scripts, options: DryRunOptions): Promise<LineReport> {
  if (line.bytes === null) return { line: line.number, outcome: "malformed", code: "line_too_long", position: null };
  const done = trial.sent(line.bytes, null, options.sender, options.dialect);
  if (!done.ok) return { line: line.number, outcome: "malformed", ...done.fault };
  const [taken] = await scripts.take(done);
  const { index: _, ...report } = taken as EventReport;
  return { line: line.number, ...report };
}

function isBlank({ bytes }: Line): boolean {
  return bytes !== null && bytes.length < 100 && decoder.decode(bytes).trim() === "";
}

/** One event in one line; a longer tale is told by --json. */
function lineText(report: LineReport, paint: Paint): string {
  const where = paint("dim", `line ${report.line}`);
  if (report.outcome === "malformed") {
    const at = report.position === null ? "" : ` at byte ${report.position}`;
    return `${paint("red", "malformed")} ${where}  ${report.code}${at}\n`;
  }
  const { schema, routing, pii } = report.stages;
  if (!schema.ok) {
    const at = schema.position === null ? "" : ` at byte ${schema.position}`;
    const field = schema.field === null ? "" : ` (${schema.field})`;
    return `${paint("red", "reject")}    ${where}  ${schema.code}${field}${at}\n`;
  }
  const rule = routing?.rule === null || !routing ? [] : [`rule ${routing.rule}: ${routing.condition}`];
  const done = (["hashed", "removed", "masked", "added"] as const).flatMap((name) => {
    const paths = pii?.[name] ?? [];
    return paths.length === 0 ? [] : [`${name} ${paths.join(", ")}`];
  });
  const reason = report.reason === null ? [] : [report.reason];
  const tale = [...reason, ...rule, ...scriptWords(report), ...(report.outcome === "pass" ? done : [])]
    .map(printable)
    .join(" · ");
  const head = report.outcome === "pass" ? paint("green", "pass") : paint("yellow", "drop");
  return `${head}      ${where}${tale === "" ? "" : `  ${tale}`}\n`;
}

/** Where custom JavaScript did not do its work: the event went on unchanged. */
function scriptWords({ stages: { custom_js } }: Omit<EventReport, "index">): string[] {
  if (custom_js?.state === "paused") return ["custom_js paused"];
  if (custom_js?.state !== "failed") return [];
  return [`custom_js ${custom_js.fault}${custom_js.line === null ? "" : ` at its line ${custom_js.line}`}`];
}

function countText(counts: Readonly<Record<string, number>>, what: string): string {
  const reasons = Object.entries(counts).map(([reason, count]) => `${reason} ${count}`);
  return `${sumOf(counts)} ${what}${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
