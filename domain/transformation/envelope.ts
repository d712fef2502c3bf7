import type { StoredEvent } from "../model/event/stored-event.ts";
import type { IdentityBlock, Sha256Hex } from "../model/identity/identity.ts";

/** An event as rules see it: the envelope's own names, the identity block under `identity`. A copy, to be changed. */
export type Envelope = Record<string, unknown>;

/** Names under which rules see the identity block. */
export const identityNames = {
  email_sha256: "emailSha256",
  phone_sha256: "phoneSha256",
  phone_e164_sha256: "phoneE164Sha256",
} as const;

/** Members that hold the event together, its time among them: rules read them and change none. */
export const fixedMembers = ["type", "messageId", "timestamp", "originalTimestamp", "sentAt", "receivedAt"] as const;

const changeableMembers = ["userId", "anonymousId", "properties", "traits", "context", "identity"];
const fixed: ReadonlySet<string> = new Set(fixedMembers);
const ownMembers: ReadonlySet<string> = new Set([...fixedMembers, ...changeableMembers]);
const nameCharsMax = 512;

/** What the store keeps beside the JSON, and the places it was taken from. */
const columns = [
  {
    column: "deviceOs",
    places: [
      ["device", "os"],
      ["os", "name"],
    ],
  },
  { column: "deviceModel", places: [["device", "model"]] },
  { column: "country", places: [["geo", "country"]] },
  { column: "region", places: [["geo", "region"]] },
] as const;

/** A stored event as the envelope that rules work on. */
export function toEnvelope(event: StoredEvent): Envelope {
  const identity = Object.fromEntries(
    Object.entries(identityNames).flatMap(([name, field]) => (event[field] === null ? [] : [[name, event[field]]])),
  );
  const members = {
    ...structuredClone(event.extra),
    type: event.type,
    messageId: event.messageId,
    [nameMember(event)]: event.name,
    userId: event.userId,
    anonymousId: event.anonymousId,
    timestamp: isoTime(event.timestampMs),
    originalTimestamp: isoTime(event.originalTimestampMs),
    sentAt: isoTime(event.sentAtMs),
    receivedAt: isoTime(event.receivedAtMs),
    properties: structuredClone(event.properties),
    traits: structuredClone(event.traits),
    context: structuredClone(event.context),
    identity,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

/**
 * The stored event that an envelope's rules left.
 *
 * What the store keeps beside the JSON follows the JSON: a country that was taken away there is not known any more.
 */
export function fromEnvelope(original: StoredEvent, envelope: Envelope, identity: IdentityBlock): StoredEvent {
  const ownName = nameMember(original);
  const kept = Object.entries(original.extra).filter(([name]) => fixed.has(name));
  const extra = Object.entries(envelope).filter(([name]) => !ownMembers.has(name) && name !== ownName);
  const context = objectOf(envelope["context"]);
  const followed = columns.map(({ column, places }) => {
    const [before, after] = [textsAt(original.context, places), textsAt(context, places)];
    const unchanged = before.every((text, i) => text === after[i]);
    return [column, unchanged ? original[column] : (after.find((text) => text !== null) ?? null)];
  });
  return {
    ...original,
    ...(Object.fromEntries(followed) as Pick<StoredEvent, (typeof columns)[number]["column"]>),
    ...identity,
    name: nameOf(envelope[ownName]),
    userId: idOf(envelope["userId"]),
    anonymousId: idOf(envelope["anonymousId"]),
    properties: objectOf(envelope["properties"]),
    traits: objectOf(envelope["traits"]),
    context,
    extra: Object.fromEntries([...extra, ...kept]),
  };
}

/** Where an event of this type has its name. */
export function nameMember({ type }: Pick<StoredEvent, "type">): "event" | "name" {
  return type === "track" || type === "consent" ? "event" : "name";
}

/** The identity block with nothing in it but what `keeps` says. */
export function identityWhere(event: IdentityBlock, keeps: (field: keyof IdentityBlock) => boolean): IdentityBlock {
  const kept = (field: keyof IdentityBlock): Sha256Hex | null => (keeps(field) ? event[field] : null);
  return {
    emailSha256: kept("emailSha256"),
    phoneSha256: kept("phoneSha256"),
    phoneE164Sha256: kept("phoneE164Sha256"),
  };
}

/** An object, or an empty one where something else stands. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** Tells an object from everything else that JSON has. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textsAt(context: Readonly<Record<string, unknown>>, places: readonly (readonly [string, string])[]) {
  return places.map(([group, member]) => {
    const found = objectOf(context[group]);
    return Object.hasOwn(found, member) ? textOf(found[member]) : null;
  });
}

function nameOf(value: unknown): string | null {
  const text = textOf(value);
  return text === null || text === "" || text.length > nameCharsMax ? null : text;
}

function idOf(value: unknown): string | null {
  return textOf(value) || null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "bigint"
      ? String(value)
      : null;
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
