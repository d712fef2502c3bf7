import { type EventBatch, eventTypes, rowStride } from "../domain/model/event/event.ts";
import { assert } from "../domain/model/failure.ts";
import type { Limits } from "../domain/model/limits.ts";
import type { BodyFaultCode } from "../domain/model/outcome.ts";
import type { Program } from "../domain/model/program.ts";
import type { BodyShape, EventFacts, Kernel, PreparedProgram, Scan } from "../ports/kernel.ts";
import { encodeProgram } from "./encode-program.ts";
import { instantiateKernel, type KernelExports } from "./instance.ts";
import { KnownSegments } from "./known-segments.ts";
import { areAlike, distinctFacts, type KernelMemory, planFacts, writeFacts } from "./lay-facts.ts";
import { ResidentMemory } from "./resident-memory.ts";

interface EncodedProgram extends PreparedProgram {
  readonly encoded: Uint8Array;
  /** Those of the kernel that prepared it: another one's parser would overlook the program's paths. */
  readonly segments: KnownSegments;
}

/** Faults by the number that the kernel returns. */
const faultCodes: readonly BodyFaultCode[] = [
  "invalid_json",
  "invalid_utf8",
  "too_deep",
  "body_not_an_object",
  "events_missing",
  "too_many_events",
  "batch_members_too_large",
];
const lists = [null, "batch", "events", "either"] as const;
const resultWords = 8;
const limitMax = 0xffffffff;
/** Far more than an event may be configured to have. */
const levelsMax = 100_000;

/**
 * Opens a compiled kernel, in whatever has WebAssembly: nothing here reads a file.
 *
 * What goes wrong inside (a trap, memory at its bound) throws, and leaves a new instance for the next request.
 */
export function openModuleKernel(module: WebAssembly.Module): Kernel {
  return new WasmKernel(module);
}

class WasmKernel implements Kernel {
  private readonly module: WebAssembly.Module;
  private exports: KernelExports;
  private resultAt: number;
  /** Views of the memory; they are made anew when it has grown. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  words: Int32Array = new Int32Array(0);
  private result: Uint32Array = new Uint32Array(0);
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Number of the scan whose tree is in memory. */
  private current = 0;
  private readonly resident = new ResidentMemory();
  private readonly segments = new KnownSegments();
  /** Version of the segments that the instance knows. */
  private known = 0;

  constructor(module: WebAssembly.Module) {
    this.module = module;
    this.exports = instantiateKernel(module);
    this.resultAt = this.exports.resultAt();
  }

  prepare(program: Program): EncodedProgram {
    this.segments.add(program);
    return { trustClaims: program.trustClaims, encoded: encodeProgram(program), segments: this.segments };
  }

  scan(body: Uint8Array, shape: BodyShape, limits: Limits): ReturnType<Kernel["scan"]> {
    return this.guarded(() => {
      const turn = ++this.current;
      const at = this.exports.begin(body.length);
      this.refreshViews();
      this.bytes.set(body, at);
      const fault = this.scanMemory(body.length, shape, limits);
      this.refreshViews();
      const position = this.result[0] as number;
      if (fault !== 0) return { ok: false, fault: { code: faultCodes[fault - 1] as BodyFaultCode, position } };
      return this.makeScan(turn, body.length, shape, limits);
    });
  }

  /** Tells the instance of segments that were added since; what was scanned before does not know them. */
  private learnSegments(): void {
    if (this.known === this.segments.version) return;
    this.refreshViews();
    this.bytes.set(this.segments.filter, this.exports.segmentsAt());
    this.exports.forgetKeys();
    this.resident.clearWords(this.exports);
    this.known = this.segments.version;
  }

  private scanMemory(bytes: number, shape: BodyShape, limits: Limits): number {
    const depthMax = Math.min(limits.jsonDepthMax, levelsMax);
    this.learnSegments();
    const eventsMax = Math.min(limits.batchEventsMax, limitMax);
    const givenMax = shape.dialect === "segment" ? Math.min(limits.eventBytesMax, limitMax) : 0;
    return this.exports.scan(bytes, depthMax, lists.indexOf(shape.list), eventsMax, givenMax);
  }

  private makeScan(turn: number, bytes: number, shape: BodyShape, limits: Limits): Scan {
    const count = this.result[0] as number;
    let finished = false;
    /** What `finish` edited, or a new program's paths may be about, is read again: the body is still there. */
    const readAgain = () => {
      assert(turn === this.current, "a scan is valid until the next one only");
      if (!finished && this.known === this.segments.version) return;
      this.exports.begin(bytes);
      this.scanMemory(bytes, shape, limits);
      this.refreshViews();
      finished = false;
    };
    return {
      ok: true,
      count,
      writeKey: this.text(1),
      sentAt: this.text(3),
      claims: (index) =>
        this.guarded(() => {
          readAgain();
          return index < count ? this.claims(index) : { ip: null, userAgent: null };
        }),
      finish: (prepared, facts, userAgent = null) =>
        this.guarded(() => {
          readAgain();
          finished = true;
          return this.finish(prepared, facts, count, shape, limits, userAgent);
        }),
    };
  }

  private claims(index: number) {
    this.exports.claim(index, 0);
    this.refreshViews();
    const ip = this.text(1);
    this.exports.claim(index, 1);
    return { ip, userAgent: this.text(1) };
  }

  private finish(
    prepared: PreparedProgram,
    facts: readonly EventFacts[],
    count: number,
    shape: BodyShape,
    limits: Limits,
    userAgent: string | null,
  ): EventBatch {
    const { encoded, segments } = prepared as EncodedProgram;
    assert(segments === this.segments, "the program was prepared by another kernel");
    assert(facts.length === count, "there must be facts for every event");
    const program = this.layProgram(encoded);
    const [first] = facts;
    const fact = first !== undefined && areAlike(facts) ? this.resident.fact(first, this.exports, this.views) : 0;
    const list = fact === 0 ? this.layFacts(facts) : 0;
    const type = shape.type === null ? -1 : eventTypes.indexOf(shape.type);
    const layers = shape.dialect === "layers" ? 1 : 0;
    const agentBytes = userAgent === null ? 0 : userAgent.length * 3;
    const agent = agentBytes === 0 ? 0 : this.exports.room(agentBytes);
    const { written } = this.encoder.encodeInto(
      userAgent ?? "",
      this.views().bytes.subarray(agent, agent + agentBytes),
    );
    const eventBytesMax = Math.min(limits.eventBytesMax, limitMax);
    this.exports.finish(program, fact, list, type, layers, eventBytesMax, agent, written);
    this.refreshViews();
    return this.viewBatch(count);
  }

  /** The address of a program: on the desk, or where there is none, in the memory of the call. */
  private layProgram(encoded: Uint8Array): number {
    const inResident = this.resident.program(encoded, this.exports, this.views);
    if (inResident !== 0) return inResident;
    const at = this.exports.room(encoded.length);
    this.views().bytes.set(encoded, at);
    return at;
  }

  /** Lays facts in the memory of the call; returns where each event's entry is named. */
  private layFacts(facts: readonly EventFacts[]): number {
    const { distinct, offsets } = distinctFacts(facts);
    const plan = planFacts(distinct);
    const at = this.exports.room(plan.bytes);
    const list = this.exports.room(offsets.length * 4);
    const memory = this.views();
    writeFacts(distinct, plan, memory, at);
    offsets.forEach((offset, i) => {
      memory.words[(list >> 2) + i] = at + offset;
    });
    this.exports.layWords(at, plan.entries, at + plan.texts, plan.textBytes);
    return list;
  }

  private readonly views = (): KernelMemory => {
    this.refreshViews();
    return this;
  };

  /** Views of what lies side by side: whoever makes a record of it copies it anyway. */
  private viewBatch(count: number): EventBatch {
    const rowsAt = this.result[0] as number;
    const bytesAt = rowsAt + count * rowStride * 4;
    const rows = this.words.subarray(rowsAt >> 2, bytesAt >> 2);
    return { count, rows, bytes: this.bytes.subarray(bytesAt, this.result[1] as number) };
  }

  /** The string whose span stands in two words of the result, or null. */
  private text(word: number): string | null {
    const start = this.result[word] as number;
    if (start === 0) return null;
    const text = this.decoder.decode(this.bytes.subarray(start + 1, (this.result[word + 1] as number) - 1));
    return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
  }

  /** Memory that grew leaves views of no length behind: that is cheaper to ask than the memory itself. */
  private refreshViews(): void {
    if (this.bytes.length > 0) return;
    const { buffer } = this.exports.memory;
    this.bytes = new Uint8Array(buffer as ArrayBuffer);
    this.words = new Int32Array(buffer);
    this.result = new Uint32Array(buffer, this.resultAt, resultWords);
  }

  /** After anything that was thrown the instance is not trusted again; nothing of the request comes out. */
  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.current++;
      this.exports = instantiateKernel(this.module);
      this.resultAt = this.exports.resultAt();
      this.bytes = new Uint8Array(0);
      this.known = 0;
      this.resident.forget();
      throw error;
    }
  }
}
