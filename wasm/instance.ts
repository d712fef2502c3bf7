import { normalise } from "../domain/data-layer/normalise.ts";
import { lowerText } from "../domain/data-layer/text.ts";
import { assert } from "../domain/model/failure.ts";
import { makeDetect } from "./detect.ts";
import { encodeConsentTable } from "./encode-consent.ts";
import { encodeKeyTable, normaliserNames } from "./encode-key-table.ts";
import { encodeKnownWords } from "./encode-known-words.ts";
import { encodePhoneTable } from "./encode-phone-table.ts";

/** What assembly/kernel.ts exports. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  init(): number;
  phoneTableAt(): number;
  knownWordsAt(): number;
  resultAt(): number;
  consentTableAt(): number;
  segmentsAt(): number;
  forgetKeys(): void;
  begin(bytes: number): number;
  scan(bytes: number, levelsMax: number, list: number, eventsMax: number, givenMax: number): number;
  claim(index: number, which: number): void;
  room(bytes: number): number;
  programRoom(bytes: number): number;
  factRoom(textBytes: number): number;
  clearPrograms(): void;
  clearWords(): void;
  layWords(table: number, count: number, texts: number, textBytes: number): void;
  finish(
    program: number,
    fact: number,
    facts: number,
    type: number,
    layers: number,
    eventBytesMax: number,
    agent: number,
    agentBytes: number,
  ): void;
}

/** A module of one function that uses a 128-bit vector: whether it is valid says whether the engine has SIMD. */
const simdProbe = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00,
  0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b,
]);

/** Compiles the bytes of kernel.wasm. Errors: an engine without SIMD is refused with a sentence that says so. */
export function compileKernel(bytes: BufferSource, validate: typeof WebAssembly.validate = WebAssembly.validate) {
  if (!validate(simdProbe)) {
    throw new Error(
      "this JavaScript engine has no WebAssembly SIMD, which Tidegate's kernel needs: use Bun 1.4, Deno 2 or a " +
        "browser of 2023 or later",
    );
  }
  return new WebAssembly.Module(bytes);
}

/** Makes an instance with its tables filled; it takes the rules for rare characters from domain/data-layer. */
export function instantiateKernel(module: WebAssembly.Module): KernelExports {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const read = (at: number, bytes: number) => decoder.decode(new Uint8Array(exports.memory.buffer, at, bytes));
  const write = (text: string, to: number, room: number) => {
    const { read: units, written } = encoder.encodeInto(text, new Uint8Array(exports.memory.buffer, to, room));
    assert(units === text.length, "a text outgrew the room that the kernel keeps for it");
    return written;
  };
  const pure = {
    lower: (at: number, bytes: number, to: number) => write(lowerText(read(at, bytes)), to, bytes * 3),
    normalise: (name: number, at: number, bytes: number, to: number) => {
      const normaliser = normaliserNames[name];
      assert(normaliser !== undefined && normaliser !== "phone", "the kernel asks for a normaliser that there is not");
      return write(normalise(normaliser, read(at, bytes)), to, bytes * 3 + 16);
    },
  };
  const host = { ...pure, detect: makeDetect(read, write) };
  const exports = new WebAssembly.Instance(module, { host }).exports as unknown as KernelExports;
  // Before keys are learned: what a key means for consent is learned with it.
  new Uint8Array(exports.memory.buffer).set(encodeConsentTable(), exports.consentTableAt());
  new Uint8Array(exports.memory.buffer).set(encodeKeyTable(), exports.init());
  new Uint8Array(exports.memory.buffer).set(encodePhoneTable(), exports.phoneTableAt());
  new Uint8Array(exports.memory.buffer).set(encodeKnownWords(), exports.knownWordsAt());
  return exports;
}
