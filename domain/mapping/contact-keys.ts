import { foldKey } from "./person.ts";
import { rememberWords } from "./remember.ts";

const phones: ReadonlySet<string> = new Set([
  ...["handy", "tel", "fon", "fone", "mobil", "movil", "gsm", "cell", "sms", "wa", "call", "calls", "dial", "dialed"],
  ...["dialled", "callback", "caller", "callee", "viber", "zap", "whats", "msisdn", "ph", "fax"],
]);
const phoneParts = new RegExp(
  [
    ...[
      "tele?f[oóòô]",
      "telephon",
      "téléphone",
      "phone",
      "handynum",
      "handynr",
      "rufnummer",
      "mobilnummer",
      "mobilenum",
    ],
    ...["mobil_?nr", "celular", "cellulare", "whatsapp", "callerid", "puhelin", "телефон", "電話", "电话", "전화"],
  ].join("|"),
);
const contacts: ReadonlySet<string> = new Set([
  ...["contact", "contacts", "kontakt", "contacto", "contatto", "from", "to", "recipient", "recipients", "sender"],
  ...["receiver", "reachme", "line", "signal", "telegram", "portable", "reply", "replyto"],
]);

const digitsMin = 7;
/** So many digits and no sign are no count, where a key says how somebody is reached. */
const bareDigitsMin = 10;

type ContactKey = "phone" | "contact" | "other";

/** Whether a key names a phone, or one of the ways in which somebody is reached. */
const contactKeyOf = rememberWords((key): ContactKey => {
  const folded = foldKey(key);
  if (phones.has(folded) || phoneParts.test(key.toLowerCase()) || phoneParts.test(folded)) return "phone";
  return contacts.has(folded) ? "contact" : "other";
});

/** Whether what stands under a key is a number to call: behind such a key, even one that is written as an id is. */
export function isContact(key: string, value: string): boolean {
  const grade = contactKeyOf(key);
  if (grade === "other") return false;
  const digits = value.replace(/%[0-9a-f]{2}/gi, "").replace(/\D/g, "").length;
  if (digits < digitsMin) return false;
  return grade === "phone" || digits >= bareDigitsMin || /^\s*(?:\+|%2b|\(|0)|\d[\s/().-]+\d/i.test(value);
}
