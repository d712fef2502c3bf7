import { configWarnings } from "../../domain/data-layer/warnings.ts";
import type { ConfigFault, DataLayerConfig } from "../../domain/model/data-layer.ts";
import { type ReadConfigParts, readConfig } from "./read-config.ts";
import { createPaint, type ExitCode, exitCodes, type Paint, printable, type Terminal } from "./terminal.ts";

/** Checks a data layer's file by the rules of the API, and shows every fault at once. */
export async function validate(
  path: string,
  options: { readonly json: boolean },
  terminal: Terminal,
  parts: ReadConfigParts,
): Promise<ExitCode> {
  const read = await readConfig(path, terminal, parts);
  if (read.kind === "unreadable") {
    terminal.note(`tidegate: ${printable(path)}: ${read.message}\n`);
    return exitCodes.usage;
  }
  const paint = createPaint(terminal.colours);
  const faults = read.kind === "faulty" ? read.faults : [];
  const warnings = read.kind === "read" ? configWarnings(read.config) : [];
  const told = warnings.length > 0 ? { warnings } : {};
  if (options.json) await terminal.write(`${JSON.stringify({ ok: faults.length === 0, faults, ...told })}\n`);
  else if (read.kind === "faulty") await terminal.write(faultsText(path, faults, paint));
  else await terminal.write(validText(path, read.config, paint) + warningsText(warnings, paint));
  return faults.length === 0 ? exitCodes.ok : exitCodes.faults;
}

/** All faults of a file, each with its place, what is wrong and what to do. */
export function faultsText(path: string, faults: readonly ConfigFault[], paint: Paint): string {
  const head = paint("red", `✗ ${printable(path)}: ${counted(faults, "fault")}`);
  return `${head}\n${faults.map((fault) => faultText(fault, paint)).join("")}`;
}

/** What is valid and probably not meant; nothing where there is none. */
function warningsText(warnings: readonly ConfigFault[], paint: Paint): string {
  if (warnings.length === 0) return "";
  const head = paint("yellow", `! ${counted(warnings, "warning")}`);
  return `${head}\n${warnings.map((warning) => faultText(warning, paint)).join("")}`;
}

function faultText(fault: ConfigFault, paint: Paint): string {
  const { path, code, message, caret, hint } = fault;
  const lines = [`\n  ${paint("bold", printable(path))}  ${paint("dim", code)}`];
  if (caret !== undefined) {
    const [text = "", mark = ""] = caret.split("\n");
    lines.push(`    ${text.replace(/./gu, printable)}`, `    ${paint("red", mark)}`);
  }
  lines.push(`    ${printable(message)}`);
  if (hint !== undefined) lines.push(`    ${paint("yellow", "hint:")} ${printable(hint)}`);
  return `${lines.join("\n")}\n`;
}

function validText(path: string, config: DataLayerConfig, paint: Paint): string {
  const { pii_rules: pii, bot_filtering: bots, routing_rules: rules, custom_js: js } = config;
  const parts = [
    counted(pii.hash_fields, "hashed path"),
    counted(pii.redact_fields, "removed path"),
    counted(bots.custom_patterns, "bot pattern"),
    counted(rules, "rule"),
    `custom JavaScript ${js.enabled ? "on" : "off"}`,
  ];
  return `${paint("green", `✓ ${printable(path)} is valid`)}: ${parts.join(", ")}\n`;
}

function counted(items: readonly unknown[], name: string): string {
  return `${items.length} ${name}${items.length === 1 ? "" : "s"}`;
}
