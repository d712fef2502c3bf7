import type { EventBatch, EventType } from "../domain/model/event/event.ts";
import type { Limits } from "../domain/model/limits.ts";
import type { BodyFault, DropCode } from "../domain/model/outcome.ts";
import type { Program } from "../domain/model/program.ts";

/**
 * How a body is laid out. `list` names the root member that holds the events; "either" takes `batch` or `events`,
 * else the root itself is the event; null: the root is the event. `type` overrides each event's type.
 * Dialect "layers" renames the event's fields into the envelope.
 */
export interface BodyShape {
  readonly dialect: "segment" | "layers";
  readonly list: "batch" | "events" | "either" | null;
  readonly type: EventType | null;
}

/**
 * What the host found out about one event; events may share one object.
 *
 * The bytes are never changed afterwards: a kernel may know them again by identity, and whoever gives the same ones for
 * the same place or device saves it their parsing.
 */
export interface EventFacts {
  /** Not 0: the event is dropped with this code (bots). */
  readonly drop: DropCode | 0;
  /** JSON object text (UTF-8) put at context.geo, or null where the host has no word. */
  readonly geo: Uint8Array | null;
  /** JSON object text (UTF-8) whose members join those that the event names in context.device, or null. */
  readonly device: Uint8Array | null;
}

/** What an event claims about its sender. Raw values: they live in memory only, and no longer than the request. */
export interface SenderClaims {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** A validated and indexed body. It is valid until the next `scan` of the same kernel. */
export interface Scan {
  readonly ok: true;
  readonly count: number;
  /** `writeKey` of the body's root, where it is a string. */
  readonly writeKey: string | null;
  /** `sentAt` or `sent_at` of the body's root, where it is a string. */
  readonly sentAt: string | null;
  claims(index: number): SenderClaims;
  /**
   * Runs the data layer: consent, bots, identify and hash, redact, detect, route, write.
   * Shape: `facts` has one entry per event. The batch lies in the kernel's memory: it is valid until the next `scan`
   * or `finish` of the same kernel, and what is kept longer is copied (`keepBatch`), never its whole `buffer`.
   * `userAgent` is the connection's: a text that holds it is masked, as one that holds the event's own claim is.
   */
  finish(program: PreparedProgram, facts: readonly EventFacts[], userAgent?: string | null): EventBatch;
}

/** A program in the kernel's own form; opaque, reusable, made once per data-layer version and source settings. */
export interface PreparedProgram {
  /** Whether what an event says of its sender counts. */
  readonly trustClaims: boolean;
}

/** The work on event bytes, between the socket and the stream. Two calls over one copy of the body. */
export interface Kernel {
  prepare(program: Program): PreparedProgram;
  /** Errors: a `BodyFault` with a byte position; never a value. */
  scan(body: Uint8Array, shape: BodyShape, limits: Limits): Scan | { readonly ok: false; readonly fault: BodyFault };
}
