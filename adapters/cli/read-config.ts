import type { AdminResult } from "../../domain/admin/refusal.ts";
import type { ConfigFault, DataLayerConfig } from "../../domain/model/data-layer.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Kernel } from "../../ports/kernel.ts";
import type { Terminal } from "./terminal.ts";

/** Far more than a data layer can be. */
const fileBytesMax = 1024 * 1024;
const shownCharsMax = 100;
const decoder = new TextDecoder();

/** A data layer read from a file, what is wrong with it, or why the file could not be read. */
export type ReadConfig =
  | { readonly kind: "read"; readonly config: DataLayerConfig }
  | { readonly kind: "faulty"; readonly faults: readonly ConfigFault[] }
  | { readonly kind: "unreadable"; readonly message: string };

export interface ReadConfigParts {
  readonly kernel: Kernel;
  /** The rules of the API; custom JavaScript is compiled where it would run. */
  readonly checkLayer: (config: unknown) => Promise<AdminResult<DataLayerConfig>>;
}

/**
 * Reads a data layer as it is sent to the API: the documented object, the body of a PUT, or its `config` alone.
 *
 * The kernel says where a text stops being JSON: its position is the same on every runtime.
 */
export async function readConfig(path: string, terminal: Terminal, parts: ReadConfigParts): Promise<ReadConfig> {
  let bytes: Uint8Array;
  try {
    bytes = withoutMark(path === "-" ? await readAll(terminal.input) : await terminal.readFile(path, fileBytesMax));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return { kind: "unreadable", message: systemWords[String(code)] ?? "this file can't be read" };
  }
  if (bytes.length > fileBytesMax) {
    const message = `The file may have ${fileBytesMax} bytes.`;
    return { kind: "faulty", faults: [{ path: "file", code: "too_large", message }] };
  }
  const scan = parts.kernel.scan(bytes, { dialect: "segment", list: null, type: null }, defaultLimits);
  if (!scan.ok) return { kind: "faulty", faults: [textFault(bytes, scan.fault.code, scan.fault.position)] };
  const object = JSON.parse(decoder.decode(bytes)) as Record<string, unknown>;
  const checked = await parts.checkLayer(Object.hasOwn(object, "config") ? object["config"] : object);
  if (checked.ok) return { kind: "read", config: checked.value };
  const { refusal } = checked;
  if (refusal.code === "invalid_input") return { kind: "faulty", faults: refusal.faults };
  return { kind: "unreadable", message: "its JavaScript can't be checked here: the sandbox does not start" };
}

async function readAll(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of input) {
    parts.push(part.slice());
    length += part.length;
    if (length > fileBytesMax) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function textFault(bytes: Uint8Array, code: string, position: number): ConfigFault {
  const before = decoder.decode(bytes.subarray(0, position));
  const start = before.lastIndexOf("\n") + 1;
  const column = before.length - start;
  const line = before.split("\n").length;
  const text = decoder.decode(bytes.subarray(0, position + shownCharsMax)).slice(start);
  const from = Math.max(0, column - shownCharsMax / 2);
  const shown = (text.split("\n", 1)[0] as string).slice(from, from + shownCharsMax).replaceAll("\t", " ");
  const caret = `${shown}\n${" ".repeat(column - from)}^`;
  const message = `${messages[code] ?? "This is not a data layer."} Line ${line}, column ${column + 1}.`;
  return { path: "file", code, message, position, caret };
}

const systemWords: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "you may not read this file",
  EISDIR: "this is a folder",
};

const messages: Readonly<Record<string, string>> = {
  invalid_json: "This is not valid JSON.",
  invalid_utf8: "This is not valid UTF-8.",
  too_deep: "This nests too deeply.",
  body_not_an_object: "The file must hold one JSON object.",
};
