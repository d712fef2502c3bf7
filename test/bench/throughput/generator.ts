// A process of its own that sends events by schedule, whatever the server does: `generator-process.ts` starts it.
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import process from "node:process";
import type { GeneratorPlan, Order, Sender, Spread, Told } from "./generator-messages.ts";
import { type HttpConnection, openHttpConnection, type Reply } from "./http-connection.ts";
import { fillRequest, makePool, openCrowd, type RequestTemplate } from "./request-pool.ts";

/** Requests that wait for a connection before the schedule is given up. */
const waitingMax = 50_000;
const stopMsMax = 3_000;
const headBytesMax = 1_024;
const userAgent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/132.0.0.0 Safari/537.36";
const encoder = new TextEncoder();
const usPerMs = 1_000;

interface Slot {
  readonly connection: HttpConnection;
  readonly room: Uint8Array;
}

/** HdrHistogram to three digits, in microseconds up to a minute. */
function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
}

function spreadOf(histogram: RecordableHistogram): Spread {
  const ms = (share: number) => (histogram.count === 0 ? 0 : histogram.percentile(share) / usPerMs);
  const max = histogram.count === 0 ? 0 : histogram.max / usPerMs;
  return { count: histogram.count, p50: ms(50), p99: ms(99), p999: ms(99.9), max };
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.min(60_000_000, Math.max(1, Math.round(ms * usPerMs))));
}

/** The current time as events say it, written once a millisecond at most. */
function openTimeText(): () => Uint8Array {
  let atMs = 0;
  let text = new Uint8Array(0);
  return () => {
    const nowMs = Date.now();
    if (nowMs !== atMs) text = encoder.encode(new Date(nowMs).toISOString());
    atMs = nowMs;
    return text;
  };
}

/** The lines of a request's head that say who sends it. */
function credentialLines(template: RequestTemplate, sender: Sender, body: Uint8Array): string {
  const basic = `Authorization: Basic ${btoa(`${sender.writeKey}:`)}\r\n`;
  if (template.dialect === "segment") return basic;
  if (template.dialect === "layers") return `X-App-Id: ${sender.appId}\r\n`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac("sha256", sender.signingSecret).update(`${timestamp}.`).update(body).digest("hex");
  return `${basic}X-Timestamp: ${timestamp}\r\nX-Signature: sha256=${signature}\r\n`;
}

class Generator {
  private readonly pool: RequestTemplate[];
  private readonly slots: Slot[];
  private readonly crowd;
  private readonly time = openTimeText();
  /** Times at which requests should have been sent, that wait for a connection. */
  private readonly due: number[] = [];
  private dueFrom = 0;
  private rate: number | null;
  private nextMs = performance.now();
  private sent = 0;
  private nextMessage: number;
  private isStopping = false;
  private isOverrun = false;
  private latency = newHistogram();
  private serviceTime = newHistogram();
  private lag = newHistogram();
  private acked = 0;
  private requestsAcked = 0;
  private requestsLost = 0;
  private bytesSent = 0;
  private readonly refused: Record<string, number> = {};
  /** First message, count, time of the answer since 1970 in milliseconds; three numbers a request. */
  private readonly acks: number[] = [];

  private readonly plan: GeneratorPlan;

  constructor(plan: GeneratorPlan) {
    this.plan = plan;
    this.pool = makePool(plan);
    this.crowd = openCrowd(plan.seed, plan.firstPerson);
    this.rate = plan.ratePerSecond;
    this.nextMessage = plan.firstMessage;
    const room = headBytesMax + this.pool.reduce((most, { body }) => Math.max(most, body.length), 0);
    this.slots = Array.from({ length: plan.connections }, () => {
      return { connection: openHttpConnection(plan.port, () => this.dispatch()), room: new Uint8Array(room) };
    });
    this.tick();
  }

  setRate(rate: number | null): void {
    this.rate = rate;
    this.nextMs = performance.now();
    this.dispatch();
  }

  startSpan(): void {
    this.latency = newHistogram();
    this.serviceTime = newHistogram();
    this.lag = newHistogram();
  }

  told(kind: Told["kind"]): Told {
    const { acked, requestsAcked, requestsLost, refused, isOverrun, nextMessage, bytesSent } = this;
    return {
      ...{ kind, acked, requestsAcked, requestsLost, refused, isOverrun, nextMessage, bytesSent },
      waiting: this.due.length - this.dueFrom,
      latency: spreadOf(this.latency),
      serviceTime: spreadOf(this.serviceTime),
      lag: spreadOf(this.lag),
    };
  }

  async stop(): Promise<Told> {
    this.isStopping = true;
    const untilMs = performance.now() + stopMsMax;
    const isBusy = () => this.sent > this.requestsAcked + this.requestsLost + this.requestsRefused();
    while (isBusy() && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const { connection } of this.slots) connection.close();
    writeFileSync(this.plan.acksPath, new Uint8Array(new Float64Array(this.acks).buffer));
    return this.told("done");
  }

  private requestsRefused(): number {
    return Object.entries(this.refused).reduce((sum, [status, count]) => sum + (status === "0" ? 0 : count), 0);
  }

  /** Adds what is due by the schedule; the schedule never waits for an answer. */
  private tick(): void {
    if (this.isStopping) return;
    const nowMs = performance.now();
    if (this.rate !== null && this.rate > 0) {
      const everyMs = 1_000 / this.rate;
      for (; this.nextMs <= nowMs; this.nextMs += everyMs) {
        if (this.due.length - this.dueFrom >= waitingMax) this.isOverrun = true;
        else this.due.push(this.nextMs);
        record(this.lag, nowMs - this.nextMs);
      }
    }
    this.dispatch();
    setTimeout(() => this.tick(), 1);
  }

  private dispatch(): void {
    if (this.isStopping || !this.slots) return;
    for (const slot of this.slots) {
      if (!slot.connection.isFree()) continue;
      if (this.rate !== null && this.dueFrom === this.due.length) return;
      this.sendOn(slot, this.takeDue());
    }
  }

  private takeDue(): number {
    if (this.dueFrom === this.due.length) return performance.now();
    const intendedMs = this.due[this.dueFrom++] as number;
    if (this.dueFrom === this.due.length) this.due.length = this.dueFrom = 0;
    return intendedMs;
  }

  private sendOn({ connection, room }: Slot, intendedMs: number): void {
    const template = this.pool[this.sent % this.pool.length] as RequestTemplate;
    const sender = this.plan.senders[this.sent % this.plan.senders.length] as Sender;
    const firstMessage = this.nextMessage;
    const { length } = template.body;
    fillRequest(template, room, headBytesMax, { firstMessage, crowd: this.crowd, time: this.time() });
    const credentials = credentialLines(template, sender, room.subarray(headBytesMax, headBytesMax + length));
    const head = `POST ${template.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`;
    const whole = `${head}${credentials}User-Agent: ${userAgent}\r\nContent-Length: ${length}\r\n\r\n`;
    const start = headBytesMax - whole.length;
    encoder.encodeInto(whole, room.subarray(start, headBytesMax));
    this.nextMessage += template.events;
    this.sent += 1;
    this.bytesSent += length;
    const sentMs = performance.now();
    connection.send(room.subarray(start, headBytesMax + length), (reply) => {
      this.heed(reply, { intendedMs, sentMs, firstMessage, events: template.events });
    });
  }

  private heed(
    reply: Reply,
    sent: {
      readonly intendedMs: number;
      readonly sentMs: number;
      readonly firstMessage: number;
      readonly events: number;
    },
  ): void {
    if (reply.kind === "lost") {
      this.requestsLost += 1;
    } else if (reply.status < 200 || reply.status > 299) {
      this.refused[reply.status] = (this.refused[reply.status] ?? 0) + 1;
    } else {
      const nowMs = performance.now();
      record(this.latency, nowMs - sent.intendedMs);
      record(this.serviceTime, nowMs - sent.sentMs);
      if (/"rejected":(?!0\b)/.test(reply.body)) this.refused["0"] = (this.refused["0"] ?? 0) + 1;
      this.acked += sent.events;
      this.requestsAcked += 1;
      this.acks.push(sent.firstMessage, sent.events, performance.timeOrigin + nowMs);
    }
  }
}

let generator: Generator | null = null;

process.on("message", (message: { readonly plan: GeneratorPlan } | Order) => {
  if ("plan" in message) {
    generator = new Generator(message.plan);
    return;
  }
  if (generator === null) return;
  if (message.kind === "rate") generator.setRate(message.ratePerSecond);
  if (message.kind === "report") {
    process.send?.(generator.told("report"));
    if (message.isNewSpan) generator.startSpan();
  }
  if (message.kind === "stop") void generator.stop().then((told) => process.send?.(told, () => process.exit(0)));
});
process.on("disconnect", () => process.exit(0));
