import { createHash } from "node:crypto";
import { readCharacters } from "../../domain/data-layer/detector/characters.ts";
import { mayBeContact } from "../../domain/data-layer/detector/contacts.ts";
import { type Detected, detect } from "../../domain/data-layer/detector/detect.ts";
import { isEmail } from "../../domain/data-layer/detector/emails.ts";
import { isNoContact } from "../../domain/data-layer/detector/no-contact.ts";
import {
  holdsVersions,
  isNamingKey,
  isValueKey,
  type KeyRow,
  keyRowOf,
  type NormaliserName,
} from "../../domain/data-layer/key-table.ts";
import { normalise } from "../../domain/data-layer/normalise.ts";
import { e164Form, normalisePhone } from "../../domain/data-layer/normalise-phone.ts";
import { alreadyHashed, trimText } from "../../domain/data-layer/text.ts";
import { flagBits } from "../../domain/model/event/event.ts";
import type { Program } from "../../domain/model/program.ts";
import {
  editText,
  type JsonMember,
  type JsonNode,
  type JsonObject,
  type JsonScalar,
  lastMember,
  made,
} from "./nodes.ts";
import { advance, type PathNode } from "./paths.ts";

/** The identity block as it fills up: the first value in document order stays. */
export interface Identity {
  emailSha256: string | null;
  phoneSha256: string | null;
  phoneE164Sha256: string | null;
}

/** The roots of the trees of configured paths. */
export interface ConfiguredPaths {
  readonly hash: PathNode[];
  readonly redact: PathNode[];
}

/** Ids that other events join on: one that would be masked is hashed as a whole instead. */
const idFields = ["userId", "anonymousId", "messageId", "groupId", "previousId"];

type Treatment = (node: JsonScalar) => string;

/** Hashes, removes and masks personal data in one event, in place; afterwards nothing raw is left in it. */
export class Protection {
  readonly identity: Identity = { emailSha256: null, phoneSha256: null, phoneE164Sha256: null };
  /** Bits of what the detector found. */
  flags = 0;
  private readonly program: Program;
  private readonly paths: ConfiguredPaths;
  private readonly senders: readonly (readonly number[])[];

  /** `senders`: User-Agents of the connection and of the event's own claim (`senderCodes`). */
  constructor(program: Program, paths: ConfiguredPaths, senders: readonly (readonly number[])[]) {
    this.program = program;
    this.paths = paths;
    this.senders = senders;
  }

  protect(event: JsonObject): void {
    const { hash, redact } = this.paths;
    const type = lastMember(event, "type");
    this.protectMembers(event, (member) => {
      if (member === type) return true;
      return this.protectMember(event, member, hash, redact, idFields.includes(member.key));
    });
  }

  /** Member by member; what is removed is gone before the next one is looked at. */
  private protectMembers(object: JsonObject, stays: (member: JsonMember) => boolean): void {
    for (const member of [...object.members]) {
      if (!stays(member)) object.members.splice(object.members.indexOf(member), 1);
    }
  }

  /** False if the member is to be removed. */
  private protectMember(
    object: JsonObject,
    member: JsonMember,
    hash: PathNode[],
    redact: PathNode[],
    isId: boolean,
  ): boolean {
    const redacted = advance(redact, member.key);
    if (redacted.reached !== null) return false;
    const row = keyRowOf(member.key) ?? namedRow(object, member);
    if (row?.treatment === "remove") return false;
    const hashed = advance(hash, member.key);
    const treatment = this.treatmentOf(member.key, row, hashed.reached);
    const versions = holdsVersions(member.key);
    this.maskKey(member);
    if (treatment !== null) return hashInPlace(member.value, treatment, row?.treatment === "hash" ? row : null);
    if (isId && member.value.kind === "string") return this.protectId(member.key, member.value);
    this.protectValue(member.value, hashed.open, redacted.open, versions);
    return true;
  }

  private protectValue(node: JsonNode, hash: PathNode[], redact: PathNode[], versions: boolean): void {
    if (node.kind === "object") {
      this.protectMembers(node, (member) => this.protectMember(node, member, hash, redact, false));
    } else if (node.kind === "array") {
      for (const item of node.items) this.protectValue(item, hash, redact, versions);
    } else if (node.kind === "string") {
      editText(node, this.detect(node.text, versions, false).text);
    }
  }

  private maskKey(member: JsonMember): void {
    const { text } = this.detect(member.key, false, true);
    if (text === member.key) return;
    member.key = text;
    member.keyStart = made;
  }

  /**
   * A hash joins its twin in lower case. An IP address has too few values for its hash to hide it: it is masked, and a
   * `messageId` with one removed.
   */
  private protectId(key: string, node: JsonScalar): boolean {
    if (key !== "messageId" && hashAsId.test(node.text)) {
      editText(node, node.text.toLowerCase());
      return true;
    }
    const { text, email, ip } = this.detect(node.text, false, false);
    if (text === node.text) return true;
    const address = normalise("email", node.text);
    if (email && isEmail(address)) editText(node, sha256(address));
    else if (!email && text === "[phone]") editText(node, sha256(normalisePhone(node.text, null).digits));
    else if (email || !ip) editText(node, sha256(node.text));
    else if (key === "messageId") return false;
    else editText(node, text);
    return true;
  }

  private detect(text: string, versions: boolean, key: boolean): Detected {
    const found = detect(text, this.program.detector, { versions, key, senders: this.senders });
    if (found.email) this.flags |= flagBits.emailMasked;
    if (found.phone) this.flags |= flagBits.phoneFound;
    if (found.ip) this.flags |= flagBits.ipFound;
    return found;
  }

  /** How the value under a key is hashed: as the table's row says, else as a configured path does; null: not at all. */
  private treatmentOf(key: string, row: KeyRow | null, reached: string | null): Treatment | null {
    if (row?.treatment === "hash") {
      return (node) => (row.normaliser === "email" ? this.hashEmail(node) : this.hashPhone(node, row));
    }
    if (reached === null) return null;
    const name = keyRowOf(reached === "*" ? key : reached)?.normaliser ?? "plain";
    return (node) => hashPlain(node, name);
  }

  private hashEmail(node: JsonScalar): string {
    const known = alreadyHashed(node.text);
    if (known !== null) return this.identify("emailSha256", known);
    const address = normalise("email", node.text);
    if (address === "") return "";
    const hash = sha256(address);
    return isEmail(address) ? this.identify("emailSha256", hash) : hash;
  }

  private hashPhone(node: JsonScalar, row: KeyRow): string {
    const known = alreadyHashed(node.text);
    if (known !== null) return this.identify(row.identity ?? "phoneSha256", known);
    const { digits, international } = normalisePhone(node.text, this.program.defaultCallingCode);
    if (digits === "") return "";
    if (international === null) return sha256(digits);
    this.identify("phoneE164Sha256", sha256(e164Form(international)));
    return this.identify("phoneSha256", sha256(international));
  }

  private identify(field: keyof Identity, hash: string): string {
    this.identity[field] ??= hash;
    return hash;
  }
}

const hashAsId = /^[0-9a-f]{64}$/i;
const nameCharsMax = 40;

/** The row of what a member holds that another one names, `{"name":"phone","value":…}`; null if it is no contact. */
function namedRow(object: JsonObject, member: JsonMember): KeyRow | null {
  if (!isValueKey(member.key)) return null;
  for (const { key, value } of object.members) {
    if (value.kind !== "string" || value.text.length > nameCharsMax || !isNamingKey(key)) continue;
    const row = keyRowOf(value.text);
    if (row !== null && row.mask !== null) return mayHoldContact(row, member.value) ? row : null;
  }
  return null;
}

function mayHoldContact(row: KeyRow, node: JsonNode): boolean {
  if (node.kind === "object") return node.members.some(({ value }) => mayHoldContact(row, value));
  if (node.kind === "array") return node.items.some((item) => mayHoldContact(row, item));
  if (node.kind !== "string" && node.kind !== "number") return false;
  const { codes, count } = readCharacters(node.text);
  return mayBeContact(row, codes, 0, count, false);
}

/** Hashes a string, each element of an array; `row`: the table's. False if the value is of a kind that must go. */
function hashInPlace(node: JsonNode, treatment: Treatment, row: KeyRow | null): boolean {
  if (node.kind === "null") return true;
  if (node.kind === "array") {
    node.items = node.items.filter((item) => hashInPlace(item, treatment, row));
    return true;
  }
  if (row !== null && node.kind !== "object" && isNoContact(node.kind, node.text, row.normaliser === "phone"))
    return true;
  if (node.kind !== "string") return false;
  if (node.text === "") return true;
  const hash = treatment(node);
  if (hash === "") return false;
  editText(node, hash);
  return true;
}

function hashPlain(node: JsonScalar, name: NormaliserName): string {
  const known = alreadyHashed(node.text);
  if (known !== null) return known;
  const text = name === "phone" ? trimText(node.text) : normalise(name, node.text);
  return text === "" ? "" : sha256(text);
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
