import { holdsMask } from "./masks.ts";
import { placeholderHashes } from "./placeholder-hashes.ts";

/**
 * Ids that stand for nobody: what a program writes where it knows no one. They are stored as they were sent and join
 * nothing, because everybody who is not known has the same one.
 *
 * Source: Segment Unify's default blocked values (`^[0-]*$`, `-1`, `null`, `anonymous`), Amplitude's and Mixpanel's
 * invalid ids, PostHog's illegal distinct ids, RudderStack's and mParticle's advice on placeholder identities, AWS
 * HealthLake's placeholder values, RFC 9562 (Nil and Max UUID). Languages' words for nothing are added.
 *
 * Each word alone, or several of them in a row, makes a placeholder: `null`, `undefined-undefined`, `user_id`.
 */
const words: ReadonlySet<string> = new Set(
  [
    "undefined undef null nil none nan na nill nul nullptr empty blank missing unset",
    "unknown unspecified undetermined unavailable unassigned unidentified unauthenticated unregistered",
    "anonymous anonym anon guest guests nobody nouser noid novalue noname",
    "notset notprovided notavailable notapplicable notfound notloggedin notauthenticated notidentified",
    "loggedout signedout optout optedout redacted masked deleted removed",
    "true false infinity placeholder",
    // Names of the member in the place of its value.
    "id uid userid customerid visitorid distinctid anonymousid memberid email",
  ]
    .join(" ")
    .split(" "),
);

/** Words that say nothing more beside one of those: `anonymous user`, `visitor_id`. Alone they may be somebody's id. */
const fillers: ReadonlySet<string> = new Set(
  "user users customer visitor distinct member person account object".split(" "),
);

/** Words that count only beside another: `not` is no id's only word, `n/a` falls apart into two letters. */
const phrases: ReadonlySet<string> = new Set([
  ...["not set", "not provided", "not available", "not applicable", "not found", "not known", "not specified"],
  ...["not logged in", "not signed in", "not authenticated", "not identified", "not defined", "no user", "no id"],
  ...["no value", "no name", "no data", "no one", "logged out", "signed out", "opted out", "opt out", "n a"],
  ...["your user id", "your userid", "my user id"],
]);

/** What many devices, tools and functions give everybody, in lower case. */
const constants: ReadonlySet<string> = new Set([
  "-1",
  "-1.0",
  // Android 2.2's id of many phones, Android 6's hardware address, and names of builds that Amplitude refuses.
  "9774d56d682e549c",
  "02:00:00:00:00:00",
  "lmy47d",
  "019mr8mf4r",
  // The UUID of all ones.
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "ffffffffffffffffffffffffffffffff",
  // MD5 and SHA-1 of nothing; the SHA-256 is in the table of hashes.
  "d41d8cd98f00b204e9800998ecf8427e",
  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  // Errors of a spreadsheet, and a null in a dump of a database.
  ..."#n/a #null! #ref! #value! #name? #num! #div/0! \\n".split(" "),
]);

/**
 * Templates that nobody filled in, and what a language prints for an object or a missing argument: `{{user.id}}`,
 * `${userId}`, `<nil>`, `%USER_ID%`, `*|UNIQID|*`, `__UID__`, `[object Object]`, `%!s(<nil>)`, `Optional(nil)`.
 */
const forms: readonly RegExp[] = [
  /^\{\{[^{}]*\}\}$/,
  /^[$#]\{[^{}]*\}$/,
  /^\{[a-z_. ]*\}$/,
  /^<[^<>1-9]*>$/,
  /^%{1,2}[a-z_.]+%{1,2}$/,
  /^\*\|[^|]*\|\*$/,
  /^__[a-z_]+__$/,
  /^\[\[[^[\]]*\]\]$/,
  /^(?:\[object [^[\]]*\][\s,]*)+$/,
  /^%![a-z]\(.*\)$/,
];

const charsMax = 200;
const hashChars = 16;
const sha256Form = /^[0-9a-f]{64}$/;
/** Letters, digits and what ids join them with: such an id needs no other form. */
const plainForm = /^[A-Za-z0-9-][\w.:@|+=/-]*$/;
/** Characters that nobody sees: zero width, direction marks, a byte order mark. */
const unseen = /[\p{Cc}\p{Cf}]/gu;
const quotes = /^(?:\s|\\?["'`´‘’“”„«»])+|(?:\s|\\?["'`´‘’“”„«»])+$/gu;
const wrapped = /^(?:optional|some|just)\((.*)\)$/;

/**
 * Whether an id stands for nobody. Case, spaces and quotes around it don't matter.
 *
 * What holds a mask is one, too: behind `[email]` or `[phone]` two people look the same. The hash of an email is none;
 * the hash of a placeholder is one, because it is everybody's as well.
 */
export function isPlaceholderId(id: string): boolean {
  if (holdsMask(id)) return true;
  if (id.length > charsMax) return id.trim() === "";
  if (plainForm.test(id)) return isPlaceholderText(id.toLowerCase());
  const text = id.normalize("NFKC").replace(unseen, "").replace(quotes, "").toLowerCase();
  if (forms.some((form) => form.test(text))) return true;
  return isPlaceholderText(wrapped.exec(text)?.[1] ?? text);
}

/** An id that may join what is known of a person; null for none and for a placeholder. */
export function joinableId(id: string | null): string | null {
  return id === null || isPlaceholderId(id) ? null : id;
}

/** Whether a SHA-256 in lower case is that of a placeholder, such as of the empty text. */
export function isPlaceholderHash(hash: string): boolean {
  return placeholderHashes.has(hash.slice(0, hashChars));
}

/** Shape: lower case. Nothing but zeros, punctuation and words that name nobody, or one of the constants. */
function isPlaceholderText(text: string): boolean {
  if (constants.has(text)) return true;
  if (sha256Form.test(text)) return isPlaceholderHash(text) || /^(.)\1*$/.test(text);
  if (/[1-9]/.test(text)) return false;
  const parts = text.match(/[\p{L}\p{N}]+/gu);
  if (parts === null) return /^[\x20-\x7e]*$/.test(text);
  if (parts.every((part) => /^0+(?:x0+)?$/.test(part))) return true;
  const isNobodys = parts.every((part) => words.has(part) || fillers.has(part));
  if (isNobodys && parts.some((part) => words.has(part))) return true;
  return phrases.has(parts.join(" ")) || /^urn:uuid:[0-]+$/.test(text);
}
