import { createHash } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What stands for nobody, as programs write it. Each is tried in other cases, in quotes and with spaces around. */
export const placeholderTexts: readonly string[] = [
  ...["undefined", "null", "nil", "None", "NaN", "n/a", "N.A.", "na", "unknown", "anonymous", "anon", "guest"],
  ...["true", "false", "unset", "not set", "(not set)", "not_set", "notSet", "(none)", "(null)", "<null>", "<nil>"],
  ...["not provided", "(not provided)", "not-available", "not_authenticated", "not logged in", "anonymous user"],
  ...["unknown_user", "guest-user", "no user", "nobody", "unidentified", "unassigned", "redacted", "deleted"],
  ...["undefined undefined", "null-null", "undefined_undefined", "null|null", "user-undefined", "undefined,undefined"],
  ...["id", "distinct_id", "distinctid", "email", "userId", "user_id", "USER_ID", "your_user_id", "visitor_id"],
  ...["[object Object]", "[object Undefined]", "[object Null]", "[object Promise]", "[object Object],[object Object]"],
  ...[
    "{}",
    "[]",
    "()",
    "-",
    "--",
    "?",
    "...",
    "*",
    "_",
    "{{userId}}",
    "{{ customer.id }}",
    "$" + "{user.id}",
    "#{user_id}",
  ],
  ...["%USER_ID%", "%%id%%", "*|UNIQID|*", "__UID__", "[[uid]]", "<user_id>", "{user_id}", "%!s(<nil>)"],
  ...["Optional(nil)", 'Optional("null")', "0", "00", "0.0", "-0", "-1", "000000000000000", "0x0", "00:00:00:00:00:00"],
  ...["00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"],
  ...["{00000000-0000-0000-0000-000000000000}", "urn:uuid:00000000-0000-0000-0000-000000000000"],
  ...["0x0000000000000000000000000000000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "9774d56d682e549c"],
  ...["02:00:00:00:00:00", "lmy47d", "019mr8mf4r", "#N/A", "#REF!", "\\N", "Infinity", "-Infinity"],
  ...["%s", "%(user_id)s", "{!Contact.Id}", "{%uuid%}", "{user_id!r}", "$user", "@Model.UserId", "device_id", "idfa"],
  ...["uuid", "client_id", "external_id", "contact_id", "no_user_id", "unknown_device", "invalid", "error"],
  ...["function () {}", "function(){return id}", "Symbol(id)", "Promise { <pending> }", "object Object"],
  ...["java.lang.Object@1b6d3586", "com.example.User@4f3f5b24", "#<User:0x000055d5>", "<function id at 0x7f8>"],
  ...["11111111-1111-1111-1111-111111111111", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "ffffffffffffffff"],
  ...["123e4567-e89b-12d3-a456-426614174000", "2147483647", "9223372036854775807", "-9999", "004999010640000"],
  ...["auth0|undefined", "google-oauth2|null", "uid=undefined", "web_undefined", "undefinedundefined", "nullnull"],
  ...["—", "&nbsp;", "null%20", "unbekannt", "inconnu", "anonyme", "desconocido", "неизвестно", "匿名", "未登录"],
  ...["d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
];

/** What `placeholder-hashes.ts` holds: hashes of the placeholders in the spellings in which they are hashed. */
export function hashTable(): string {
  const texts = placeholderTexts.flatMap(spellings).concat("", " ", '""', "''");
  const hashes = texts.map((text) => createHash("sha256").update(text).digest("hex").slice(0, 16));
  const rows = [...new Set(hashes)].sort();
  const lines = Array.from(
    { length: Math.ceil(rows.length / 6) },
    (_, n) => `  ${rows.slice(6 * n, 6 * n + 6).join(" ")}`,
  );
  return [
    "/**",
    " * The first 16 characters of the SHA-256 of each placeholder, in the spellings in which programs hash them.",
    " * Made by `test/domain/model/placeholder-texts.ts`: run it to write this file anew.",
    " */",
    "export const placeholderHashes: ReadonlySet<string> = new Set(",
    "  `",
    ...lines,
    "  `",
    "    .trim()",
    "    .split(/\\s+/),",
    ");",
    "",
  ].join("\n");
}

/** A text as it is, in lower and upper case, with a capital, and in quotes. */
export function spellings(text: string): string[] {
  const capital = text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  return [text, text.toLowerCase(), text.toUpperCase(), capital, `"${text}"`, `'${text}'`];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(hashTable());
