import { createHash } from "node:crypto";
import { type Detected, detect } from "../../domain/data-layer/detector/detect.ts";
import { isEmail } from "../../domain/data-layer/detector/emails.ts";
import { holdsVersions, type KeyRow, keyRowOf, type NormaliserName } from "../../domain/data-layer/key-table.ts";
import { normalise } from "../../domain/data-layer/normalise.ts";
import { e164Form, normalisePhone } from "../../domain/data-layer/normalise-phone.ts";
import { alreadyHashed, trimText } from "../../domain/data-layer/text.ts";
import { flagBits } from "../../domain/model/event.ts";
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

  constructor(program: Program, paths: ConfiguredPaths) {
    this.program = program;
    this.paths = paths;
  }

  protect(event: JsonObject): void {
    const { hash, redact } = this.paths;
    const type = lastMember(event, "type");
    event.members = event.members.filter((member) => {
      if (member === type) return true;
      return this.protectMember(member, hash, redact, idFields.includes(member.key));
    });
  }

  /** False if the member is to be removed. */
  private protectMember(member: JsonMember, hash: PathNode[], redact: PathNode[], isId: boolean): boolean {
    const redacted = advance(redact, member.key);
    if (redacted.reached !== null) return false;
    const row = keyRowOf(member.key);
    if (row?.treatment === "remove") return false;
    const hashed = advance(hash, member.key);
    const treatment = this.treatmentOf(member.key, row, hashed.reached);
    const versions = holdsVersions(member.key);
    this.maskKey(member);
    if (treatment !== null) return hashInPlace(member.value, treatment);
    if (isId && member.value.kind === "string") this.protectId(member.value);
    else this.protectValue(member.value, hashed.open, redacted.open, versions);
    return true;
  }

  private protectValue(node: JsonNode, hash: PathNode[], redact: PathNode[], versions: boolean): void {
    if (node.kind === "object") {
      node.members = node.members.filter((member) => this.protectMember(member, hash, redact, false));
    } else if (node.kind === "array") {
      for (const item of node.items) this.protectValue(item, hash, redact, versions);
    } else if (node.kind === "string") {
      editText(node, this.detect(node.text, versions).text);
    }
  }

  private maskKey(member: JsonMember): void {
    const { text } = this.detect(member.key, false);
    if (text === member.key) return;
    member.key = text;
    member.keyStart = made;
  }

  private protectId(node: JsonScalar): void {
    const { text, email } = this.detect(node.text, false);
    if (text === node.text) return;
    const address = normalise("email", node.text);
    if (email && isEmail(address)) editText(node, sha256(address));
    else if (!email && text === "[phone]") editText(node, sha256(normalisePhone(node.text, null).digits));
    else editText(node, sha256(node.text));
  }

  private detect(text: string, versions: boolean): Detected {
    const found = detect(text, this.program.detector, versions);
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

/** Hashes a string, each element of an array; false if the value is of a kind that must go. */
function hashInPlace(node: JsonNode, treatment: Treatment): boolean {
  if (node.kind === "null") return true;
  if (node.kind === "array") {
    node.items = node.items.filter((item) => hashInPlace(item, treatment));
    return true;
  }
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
