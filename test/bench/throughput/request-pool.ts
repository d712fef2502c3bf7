import type { BodyShape } from "../../../ports/kernel.ts";
import { SeededRandom } from "../../properties/seeded-random.ts";
import { layersEvent, type MarkName, marks, segmentEvent, wantedBytes } from "./limits/event-texts.ts";

/** How many events a request holds: `single` is one of Segment's single calls, a number a list of so many. */
export type Grouping = "single" | 1 | 10 | 100 | 500;
export const groupings: readonly Grouping[] = ["single", 1, 10, 100, 500];

export type PoolDialect = "segment" | "layers" | "signed";

/** A request as it is sent again and again, the places that change marked. */
export interface RequestTemplate {
  readonly dialect: PoolDialect;
  readonly path: string;
  readonly shape: BodyShape;
  readonly events: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Per event the places to write, all of them offsets in the body. */
  readonly places: readonly Readonly<Record<MarkName, readonly number[]>>[];
  /** Where the request's own time stands. */
  readonly sentAt: readonly number[];
}

export interface PoolOptions {
  readonly seed: number;
  readonly grouping: Grouping;
  /** Begins every messageId, so that a run's events are found again. */
  readonly prefix: string;
  readonly dialects: readonly PoolDialect[];
}

/** Of a pool: enough that no two neighbours are alike, and that the pool stays in a processor's outer cache. */
const poolEventsMin = 1_000;
const poolRequestsMin = 20;
const bodyBytesMax = 480 * 1024;
const eventBytesMax = 4_000;
const dialectPercents: Readonly<Record<PoolDialect, number>> = { segment: 70, layers: 20, signed: 10 };
const encoder = new TextEncoder();

export function eventsOf(grouping: Grouping): number {
  return grouping === "single" ? 1 : grouping;
}

/** Makes the requests of a run; the same options make the same bytes. */
export function makePool(options: PoolOptions): RequestTemplate[] {
  const random = new SeededRandom(options.seed);
  const count = Math.max(poolRequestsMin, Math.ceil(poolEventsMin / eventsOf(options.grouping)));
  return spreadDialects(options.dialects, count).map((dialect) => makeRequest(options, dialect, random));
}

function makeRequest({ grouping, prefix }: PoolOptions, dialect: PoolDialect, random: SeededRandom): RequestTemplate {
  const count = eventsOf(grouping);
  const make = dialect === "layers" ? layersEvent : segmentEvent;
  let left = bodyBytesMax;
  const events = Array.from({ length: count }, (_, at) => {
    const event = make(random, prefix, wantedBytes(random, Math.min(eventBytesMax, Math.floor(left / (count - at)))));
    left -= Buffer.byteLength(JSON.stringify(event)) + 1;
    return event;
  });
  const [first] = events as [Record<string, unknown>];
  const body = encoder.encode(JSON.stringify(bodyOf(dialect, grouping, events)));
  return { dialect, ...wayOf(dialect, grouping, String(first["type"])), events: count, body, ...placesOf(body, count) };
}

/** Dialects by their shares, spread evenly: the one that is furthest behind is next, so that short pools have all. */
function spreadDialects(dialects: readonly PoolDialect[], count: number): PoolDialect[] {
  const total = dialects.reduce((sum, name) => sum + dialectPercents[name], 0);
  const given = new Map(dialects.map((name) => [name, 0]));
  const behind = (name: PoolDialect, at: number) =>
    (dialectPercents[name] * (at + 1)) / total - (given.get(name) as number);
  return Array.from({ length: count }, (_, at) => {
    const next = dialects.reduce((most, name) => (behind(name, at) > behind(most, at) ? name : most));
    given.set(next, (given.get(next) as number) + 1);
    return next;
  });
}

/** Members stand behind the events, so that places are found in their order. */
function bodyOf(dialect: PoolDialect, grouping: Grouping, events: readonly Record<string, unknown>[]): object {
  if (dialect === "layers") return { events, sent_at: marks.time };
  if (grouping === "single") return { ...events[0], sentAt: marks.time };
  return { batch: events, sentAt: marks.time };
}

function wayOf(dialect: PoolDialect, grouping: Grouping, type: string): Pick<RequestTemplate, "path" | "shape"> {
  if (dialect === "layers") return { path: "/l/events", shape: { dialect, list: "events", type: "track" } };
  if (dialect === "signed") return { path: "/v1/events", shape: { dialect: "segment", list: "either", type: null } };
  if (grouping !== "single") return { path: "/v1/batch", shape: { dialect, list: "batch", type: null } };
  return { path: `/v1/${type}`, shape: { dialect, list: null, type: type as "track" } };
}

/** Each event has one messageId to begin with: what stands up to the next one's belongs to it. */
function placesOf(body: Uint8Array<ArrayBuffer>, count: number): Pick<RequestTemplate, "places" | "sentAt"> {
  const bytes = Buffer.from(body.buffer);
  const ids = positionsOf(bytes, `"${marks.message}`, 0).length;
  if (ids > 0) throw new Error("an event's id is made of the mark alone");
  const starts = eventStarts(bytes, count);
  const all = Object.fromEntries(
    Object.entries(marks).map(([name, mark]) => [name, positionsOf(bytes, mark, 0)]),
  ) as unknown as Record<MarkName, number[]>;
  const places = starts.map((start, at) => {
    const end = starts[at + 1] ?? bytes.length;
    const within = (list: readonly number[]) => list.filter((place) => place >= start && place < end);
    const time = within(all.time);
    return {
      message: within(all.message),
      user: within(all.user),
      visitor: within(all.visitor),
      time: at === count - 1 ? time.slice(0, -1) : time,
    };
  });
  return { places, sentAt: all.time.slice(-1) };
}

/** Where the key of each event's id stands: the first member of a Segment event, the second of a Layers one. */
function eventStarts(bytes: Buffer, count: number): number[] {
  const keys = ['"messageId":', '"event_id":'].map((key) => positionsOf(bytes, key, 0));
  const starts = keys.find((found) => found.length === count);
  if (starts === undefined) throw new Error(`a request of ${count} events has not as many ids`);
  return starts;
}

function positionsOf(bytes: Buffer, text: string, from: number): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(text, from); at >= 0; at = bytes.indexOf(text, at + text.length)) found.push(at);
  return found;
}

/** Numbers as eight letters of a to p. */
export function writeNumber(into: Uint8Array, at: number, value: number): void {
  for (let digit = 7, left = value; digit >= 0; digit -= 1) {
    into[at + digit] = 0x61 + (left & 15);
    left >>>= 4;
  }
}

/** The number that stands in eight letters. */
export function readNumber(letters: string): number {
  let value = 0;
  for (const letter of letters) value = value * 16 + (letter.charCodeAt(0) - 0x61);
  return value;
}

/** Who an event is about: three in ten have not been seen before, the others are among the latest. */
export interface Crowd {
  next(): number;
}

const newPercent = 30;
const returningMax = 20_000;

export function openCrowd(seed: number, first: number): Crowd {
  const random = new SeededRandom(seed);
  let newest = first;
  return {
    next() {
      if (random.chance(newPercent)) return ++newest;
      return newest - random.below(Math.min(returningMax, newest - first + 1));
    },
  };
}

/** Writes a request's changing places into `into`, where its body begins at `at`. */
export function fillRequest(
  template: RequestTemplate,
  into: Uint8Array,
  at: number,
  numbers: { readonly firstMessage: number; readonly crowd: Crowd; readonly time: Uint8Array },
): void {
  into.set(template.body, at);
  let message = numbers.firstMessage;
  for (const { message: ids, user, visitor, time } of template.places) {
    const person = numbers.crowd.next();
    for (const place of ids) writeNumber(into, at + place, message);
    for (const place of user) writeNumber(into, at + place, person);
    for (const place of visitor) writeNumber(into, at + place, person);
    for (const place of time) into.set(numbers.time, at + place);
    message += 1;
  }
  for (const place of template.sentAt) into.set(numbers.time, at + place);
}
