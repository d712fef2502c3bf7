import type { Grouping, PoolDialect } from "./request-pool.ts";

/** Who sends: the keys of one source. */
export interface Sender {
  readonly writeKey: string;
  readonly appId: string;
  readonly signingSecret: string;
}

/** What a generator is started with. */
export interface GeneratorPlan {
  readonly port: number;
  readonly seed: number;
  readonly grouping: Grouping;
  readonly dialects: readonly PoolDialect[];
  /** Takes turns. */
  readonly senders: readonly Sender[];
  /** Begins every messageId; what follows counts up from `firstMessage`. */
  readonly prefix: string;
  readonly firstMessage: number;
  readonly firstPerson: number;
  readonly connections: number;
  /** Requests a second, by schedule; null: as many as the connections can. */
  readonly ratePerSecond: number | null;
  /** Where the list of what was acknowledged is written at the end. */
  readonly acksPath: string;
}

/** What a generator is told while it runs. */
export type Order =
  | { readonly kind: "rate"; readonly ratePerSecond: number | null }
  | { readonly kind: "report"; readonly isNewSpan: boolean }
  | { readonly kind: "stop" };

/** Of HdrHistograms. Units: milliseconds. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What a generator tells when it is asked, and at its end; counts are those since its start. */
export interface Told {
  readonly kind: "report" | "done";
  /** Units: events. */
  readonly acked: number;
  /** Units: requests. */
  readonly requestsAcked: number;
  readonly requestsLost: number;
  /** Answers that were no success, by status; events of a taken request that were refused count under 0. */
  readonly refused: Readonly<Record<string, number>>;
  /** Requests whose time has come, and that wait for a connection. */
  readonly waiting: number;
  /** True once so many wait that no more are added: the server does not keep up with the schedule. */
  readonly isOverrun: boolean;
  readonly nextMessage: number;
  readonly bytesSent: number;
  /** From the time a request was meant to be sent to its answer, of this span. */
  readonly latency: Spread;
  /** From the time a request was really sent. */
  readonly serviceTime: Spread;
  /** How late the generator itself was with its schedule. */
  readonly lag: Spread;
}
