import { keyTable } from "../../domain/data-layer/key-table.ts";
import { eventTypes } from "../../domain/model/event/event.ts";
import { defaultLimits, type Limits } from "../../domain/model/limits.ts";
import type { PathPattern, Program } from "../../domain/model/program.ts";
import type { BodyShape, EventFacts } from "../../ports/kernel.ts";
import { anyConsentMember } from "./consent-inputs.ts";
import { anyRules } from "./kernel-rules.ts";
import { segments, texts } from "./kernel-texts.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What two kernels are given to compare them. */
export interface KernelInput {
  readonly body: Uint8Array;
  readonly shape: BodyShape;
  readonly limits: Limits;
  readonly program: Program;
  /** Events take turns with them. */
  readonly facts: readonly EventFacts[];
}

const encoder = new TextEncoder();
const envelopeKeys = [
  "type messageId event name userId anonymousId timestamp originalTimestamp sentAt context groupId previousId",
  "writeKey write_key traits properties integrations",
].flatMap((line) => line.split(" "));
const contextKeys =
  "os device geo consent app campaign ip userAgent locale page library name model country region version".split(" ");
const layersKeys = [
  "event_id app_user_id user_id install_id anonymous_id sent_at session_id platform os_version device_model idfa idfv",
  "att_status app_id app_version build_number locale environment utm_source utm_medium utm_campaign utm_content",
  "utm_term properties user_properties consent advertising analytics os_name device_os device_manufacturer device_type",
  "app_name bundle_id app_build timezone",
].flatMap((line) => line.split(" "));
const consentKeys = ["advertising", "analytics", "Analytics", "ADVERTISING", "categoryPreferences", "\u0130x"];
const tableKeys = keyTable.flatMap((row) => row.spellings);
const oddKeys = [
  "",
  "a",
  "a.b",
  "*",
  "a.*",
  "traits.email",
  "Traits.Email",
  "traits[email]",
  "a[b][phone]",
  "a_[email]",
  "a[ip",
  "x[a.ip]",
  "x:phone",
  "User-Agent",
  "to\u212aen",
  "\u212aey",
  "\u00c9t\u00e9",
  "\u03a3\u0391\u03a3",
  "\u4e2d\u6587",
  "e-mail",
  "a@b.co",
  "1.2.3.4",
  "::1",
  "+4915112345678",
  "constructor",
  "__proto__",
  "app_version",
  "Build",
  "a_key_that_is_longer_than_thirty_two_bytes_for_sure",
  "seventeen_bytes_x",
  "phones[0]",
  "user.phone[0]",
  "traits[phone][0]",
  "ua[]",
  "phone\u00a0",
  "\u200bip",
  "\uff50hone",
  "value",
  "value",
  "val",
  "key",
  "name",
  "system",
  "okhttp/4.9.2",
  "Lamp 7 of Ana",
  "phone=0151234567&x",
  "Mozilla/5.0 (X11) y",
  "ana&#64;x.example",
];
const scalars = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "1",
  "12.50",
  "-3e2",
  "9007199254740993",
  "1e308",
  "1e309",
  "10e307",
  "0e309",
  "1e-400",
  "3",
];
const spaces = ["", "", "", "", "", " ", "\n", "\t ", "\r\n"];

/** Text of JSON that is about what kernels differ in: keys, values, escapes, duplicates, white space, odd types. */
export class BodyWriter {
  private readonly random: SeededRandom;
  private readonly spaced: boolean;

  constructor(random: SeededRandom) {
    this.random = random;
    this.spaced = random.chance(20);
  }

  body(shape: BodyShape): string {
    const { random } = this;
    if (shape.list === null || random.chance(4)) return this.event(shape);
    const events = Array.from({ length: random.below(5) }, () =>
      random.chance(5) ? this.value(2) : this.event(shape),
    );
    const name = shape.list === "either" ? random.pick(["batch", "events"]) : shape.list;
    const members = [`${this.key(name)}:${this.gap()}[${events.join(",")}${this.gap()}]`];
    if (random.chance(50)) members.push(`${this.key("writeKey")}:${this.value(0)}`);
    if (random.chance(50)) members.push(`${this.key(random.pick(["sentAt", "sent_at"]))}:${this.value(0)}`);
    if (random.chance(10)) members.push(`${this.key(random.pick(["batch", "events"]))}:${this.value(2)}`);
    for (let i = random.below(5); i > 2; i--) {
      const given = random.chance(70)
        ? `${this.key("context")}:${this.context()}`
        : `${this.key("integrations")}:${this.value(2)}`;
      if (random.chance(50)) members.push(given);
      else members.unshift(given);
    }
    return this.object(members);
  }

  private event(shape: BodyShape): string {
    const { random } = this;
    const members: string[] = [];
    if (random.chance(85)) members.push(`${this.key("type")}:${this.string(random.pick(eventTypes))}`);
    if (random.chance(85)) members.push(`${this.key("event")}:${this.string(random.pick(texts))}`);
    if (random.chance(85))
      members.push(`${this.key(random.pick(["userId", "anonymousId", "user_id"]))}:${this.string("u")}`);
    const keys = shape.dialect === "layers" ? [...layersKeys, ...envelopeKeys] : envelopeKeys;
    for (let i = random.below(6); i > 0; i--) members.push(this.member(random.pick(keys), 2));
    if (random.chance(50)) members.push(`${this.key("context")}:${this.context()}`);
    if (random.chance(40)) members.push(this.member(this.anyKey(), 3));
    if (random.chance(10)) members.push(anyConsentMember(random));
    if (random.chance(4)) members.push(`"properties":{${anyConsentMember(random)}}`);
    if (random.chance(20)) members.reverse();
    return this.object(members);
  }

  private context(): string {
    const { random } = this;
    const members: string[] = [];
    for (let i = random.below(6); i > 0; i--) members.push(this.member(random.pick(contextKeys), 2));
    if (random.chance(25)) members.push(anyConsentMember(random));
    if (random.chance(20)) {
      const consent = Array.from({ length: 3 }, () => this.member(random.pick(consentKeys), 1));
      members.push(`${this.key("consent")}:${this.object(consent)}`);
    }
    return random.chance(3) ? this.value(1) : this.object(members);
  }

  private member(key: string, depth: number): string {
    return `${this.key(key)}${this.gap()}:${this.gap()}${this.value(depth)}`;
  }

  private value(depth: number): string {
    const { random } = this;
    if (random.chance(1)) return this.deep();
    const dice = random.below(depth <= 0 ? 70 : 100);
    if (dice < 50) return this.string(random.pick(texts));
    if (dice < 70) return random.chance(90) ? random.pick(scalars.slice(0, 9)) : random.pick(scalars);
    const count = random.below(4);
    if (dice < 80) return `[${this.gap()}${Array.from({ length: count }, () => this.value(depth - 1)).join(",")}]`;
    return this.object(Array.from({ length: count }, () => this.member(this.anyKey(), depth - 1)));
  }

  /** About as many levels as an event may have, now and then as a body may. */
  private deep(): string {
    const levels = this.random.chance(5) ? 500 + this.random.below(20) : 1 + this.random.below(40);
    const open = this.random.chance(50) ? "[" : '{"a":';
    return `${open.repeat(levels)}1${(open === "[" ? "]" : "}").repeat(levels)}`;
  }

  private anyKey(): string {
    const { random } = this;
    const list = random.pick([envelopeKeys, contextKeys, consentKeys, tableKeys, tableKeys, oddKeys]);
    const key = random.pick(list);
    if (random.chance(10)) return key.toUpperCase();
    return random.chance(5) ? `${random.pick(oddKeys)}.${key}` : key;
  }

  private object(members: readonly string[]): string {
    return `{${this.gap()}${members.join(`${this.gap()},${this.gap()}`)}${this.gap()}}`;
  }

  private key(text: string): string {
    return this.random.chance(6) ? this.escaped(text) : JSON.stringify(text);
  }

  private string(text: string): string {
    if (this.random.chance(2)) return JSON.stringify(text + text.repeat(this.random.below(60)));
    return this.random.chance(10) ? this.escaped(text) : JSON.stringify(text);
  }

  private escaped(text: string): string {
    let out = "";
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i).toString(16).padStart(4, "0");
      const char = JSON.stringify(text[i] as string).slice(1, -1);
      out += this.random.chance(30) || char.startsWith("\\") ? `\\u${unit}` : (text[i] as string);
    }
    // Now and then what the store can't hold, and escapes that are spelled shorter.
    const tail = this.random.chance(10) ? this.random.pick(["\\u0000", "\\ud83d", "\\n", "\\/", "\\ud83d\\ude00"]) : "";
    return `"${out}${tail}"`;
  }

  private gap(): string {
    return this.spaced ? this.random.pick(spaces) : "";
  }
}

function path(random: SeededRandom): PathPattern {
  const length = 1 + random.below(3);
  return Array.from({ length }, () => random.pick(random.chance(70) ? segments : tableKeys));
}

function anyCategories(random: SeededRandom): Map<string, number> {
  if (random.chance(60)) return new Map();
  const names = ["c0004", "marketing", "4", "adstorage", "e\u00c3\u0089", "bg7"];
  return new Map(Array.from({ length: 1 + random.below(4) }, () => [random.pick(names), random.below(4)]));
}

/** A program out of the same words. */
export function anyProgram(random: SeededRandom): Program {
  const modes = ["off", "flag", "mask", "mask"] as const;
  const rules = anyRules(random);
  return {
    version: 1,
    trustClaims: random.chance(50),
    defaultCallingCode: random.pick([null, "49", "1", "86"]),
    hashPaths: Array.from({ length: random.below(4) }, () => path(random)),
    redactPaths: Array.from({ length: random.below(3) }, () => path(random)),
    rules,
    consentCategories: anyCategories(random),
    detector: { phones: random.pick(modes), ips: random.pick(modes) },
    limits: defaultLimits,
  };
}

const geos = ['{"country":"DE"}', '{"country":"US","region":"CA"}', "{}"];
const devices = [
  '{"type":"mobile","model":"iPhone","os":"iOS"}',
  '{"os":{"name":"x"},"\u00e9":1}',
  '{"model":"5\\" \\u0041","os":"a\\/b"}',
  "{}",
];

export function anyFacts(random: SeededRandom): EventFacts {
  return {
    drop: random.chance(5) ? 2 : 0,
    geo: random.chance(50) ? encoder.encode(random.pick(geos)) : null,
    device: random.chance(50) ? encoder.encode(random.pick(devices)) : null,
  };
}

export function anyShape(random: SeededRandom): BodyShape {
  return {
    dialect: random.chance(30) ? "layers" : "segment",
    list: random.pick(["batch", "events", "either", null] as const),
    type: random.chance(40) ? random.pick(eventTypes) : null,
  };
}

const bytesThatMatter = encoder.encode('{}[]",:\\u0019.eE+-tfnu \n@%');

/** Changes a few bytes: most such bodies are refused, at a position that kernels must agree on. */
export function mutateBytes(body: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = body;
  for (let i = 1 + random.below(2); i > 0 && bytes.length > 0; i--) {
    const at = random.below(bytes.length);
    const byte = random.chance(70) ? random.pick([...bytesThatMatter]) : random.below(256);
    const kind = random.below(4);
    if (kind === 0) bytes = bytes.slice(0, at);
    else if (kind === 1) bytes = Uint8Array.from([...bytes.subarray(0, at), byte, ...bytes.subarray(at)]);
    else if (kind === 2) bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
    else bytes = bytes.with(at, byte);
  }
  return bytes;
}
