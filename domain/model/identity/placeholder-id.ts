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
    "true false infinity inf placeholder invalid error tbd nothing nonetype nullpointer",
    // The same in other languages.
    "unbekannt unbekannter inconnu inconnue anonyme desconocido desconocida anonimo anónimo ospite",
    "sconosciuto invitado",
    "invité desconhecido convidado onbekend gast okänd ukjent ukendt nieznany неизвестно неизвестный аноним гость",
    "匿名 未登录 未登錄 未知 游客 訪客 访客 ゲスト 不明 未定義 익명 게스트 미정",
    // Names of the member in the place of its value.
    "id uid userid customerid visitorid distinctid anonymousid memberid email uuid guid idfa idfv gaid adid aaid oaid",
    "deviceid clientid sessionid contactid profileid accountid externalid androidid advertisingid",
  ]
    .join(" ")
    .split(" "),
);

/** Words that say nothing more beside one of those: `anonymous user`, `visitor_id`. Alone they may be somebody's id. */
const fillers: ReadonlySet<string> = new Set(
  "user users customer visitor distinct member person account object device client session contact profile external"
    .concat(" advertising android")
    .split(" "),
);

/** Words that count only beside another: `not` is no id's only word, `n/a` falls apart into two letters. */
const phrases: ReadonlySet<string> = new Set([
  ...["not set", "not provided", "not available", "not applicable", "not found", "not known", "not specified"],
  ...["not logged in", "not signed in", "not authenticated", "not identified", "not defined", "no user", "no id"],
  ...[
    "no value",
    "no name",
    "no data",
    "no one",
    "no user id",
    "no device id",
    "default user",
    "missing user id",
    "logged out",
    "signed out",
    "opted out",
    "opt out",
    "n a",
  ],
  ...["your user id", "your userid", "my user id"],
]);

/** What many devices, tools and functions give everybody, in lower case. */
const constants: ReadonlySet<string> = new Set([
  "-1",
  "-1.0",
  "-999",
  "-9999",
  // The largest and smallest whole numbers: what a column holds when the id did not fit.
  ..."2147483647 -2147483648 4294967295 9223372036854775807 -9223372036854775808 18446744073709551615".split(" "),
  // UUIDs of documentation.
  "123e4567-e89b-12d3-a456-426614174000",
  "12345678-1234-1234-1234-123456789012",
  "12345678-1234-1234-1234-123456789abc",
  // IMEIs of emulators and of phones without one.
  "004999010640000",
  // Android 2.2's id of many phones, Android 6's hardware address, and names of builds that Amplitude refuses.
  "9774d56d682e549c",
  "02:00:00:00:00:00",
  "lmy47d",
  "019mr8mf4r",
  // MD5 and SHA-1 of nothing; the SHA-256 is in the table of hashes.
  "d41d8cd98f00b204e9800998ecf8427e",
  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  // Errors of a spreadsheet, and a null in a dump of a database.
  ..."#n/a #error! #null! #ref! #value! #name? #num! #div/0! \\n".split(" "),
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
  /^%(?:\([a-z_]+\))?[sdivu@]$/,
  /^\{[!%#][a-z_. |:'"]*%?\}$/,
  /^\{[a-z_.]*![rsa]\}$/,
  /^[$@:][a-z]*\.?(?:user|customer|visitor|member|client|device|profile)[._]?(?:id)?$/,
  // Functions, classes and objects without a text of their own, as languages print them.
  /^(?:async )?function\b.*\{.*\}$/,
  /^(?:symbol\(.*\)|promise \{.*\}|object object|nil:nilclass|system\.(?:object|string))$/,
  /^(?:java|javax|kotlin|com|org|net|io)(?:\.[a-z_$][\w$]*)+@[0-9a-f]{1,8}$/,
  /^#?<.*(?:0x[0-9a-f]+|\bat 0x.*)>$/,
  // A UUID or a long id of one and the same character.
  /^([0-9a-fx])\1{7}-\1{4}-\1{4}-\1{4}-\1{12}$/,
  /^([a-fx])\1{7,}$/,
  /^([0-9a-fx])\1{31}$/,
  // A name space or a prefix, and nothing behind it: `auth0|undefined`.
  /^[\w.-]{1,40}[|:=](?:undefined|null|nil|none|nan)$/,
  /^[a-z][\w.-]{0,40}[-_./]undefined$/,
  /^(?:undefined|null|nan|none){2,}$/,
];

const charsMax = 200;
const hashChars = 16;
const sha256Form = /^[0-9a-f]{64}$/;
/** Letters, digits and what ids join them with: such an id needs no other form. */
const plainForm = /^[A-Za-z0-9-][\w.:@|+=/-]*$/;
/** In a plain id any of these, or one character again and again, may make a form of it. */
const formSigns = /undefined|null|nan|none|nil|@[0-9a-f]{1,8}$|system\.|^([0-9a-fx])\1{7}/i;
/** Characters that nobody sees: zero width, direction marks, a byte order mark. */
const unseen = /[\p{Cc}\p{Cf}]/gu;
const blank = String.raw`(?:\s|\\?["'\u0060´‘’“”„«»]|%(?:20|00|0[ad]|2[27])|&(?:nbsp|quot|#3[49]);)+`;
const quotes = new RegExp(`^${blank}|${blank}$`, "giu");
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
  if (plainForm.test(id) && !formSigns.test(id)) return isPlaceholderText(id.toLowerCase());
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
  if (parts === null) return /^[\x20-\x7e\p{P}\p{Z}]*$/u.test(text);
  if (parts.every((part) => /^0+(?:x0+)?$/.test(part))) return true;
  const isNobodys = parts.every((part) => words.has(part) || fillers.has(part));
  if (isNobodys && parts.some((part) => words.has(part))) return true;
  return phrases.has(parts.join(" ")) || /^urn:uuid:[0-]+$/.test(text);
}
