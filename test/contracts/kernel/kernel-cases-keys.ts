import { type KernelCase, passes, sha256 } from "./kernel-case.ts";

const john = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const phone = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";
const phoneE164 = sha256("+16505551212");
const upperHex = sha256("x").toUpperCase();

const removed = (name: string, members: string): KernelCase => passes(name, members, "");

/** The normative key table at work, at any depth, whatever an organisation configures. */
export const keyCases: readonly KernelCase[] = [
  ...[
    "ip",
    "IP",
    "ip_address",
    "ipAddress",
    "client-ip",
    "client_ip_address",
    "remote_addr",
    "X-Forwarded-For",
    "$ip",
  ].map((key) => removed(`the ip key ${key} goes`, `"${key}":"not even an address"`)),
  ...["userAgent", "user_agent", "User-Agent", "userAgentData", "ua", "client_user_agent", "http.user_agent"].map(
    (key) => removed(`the user agent key ${key} goes`, `"${key}":"Mozilla"`),
  ),
  removed("an escaped ip key goes", String.raw`"\u0069p":"x"`),
  removed("ip keys go whatever they hold", '"ip":{"a":["b"]},"ip":5,"ip":null,"ips":[]'),
  passes("ip and user agent go at any depth", '"a":[{"b":{"ip":1,"ua":2,"c":3}}]', '"a":[{"b":{"c":3}}]'),
  passes(
    "ip and user agent go from every context",
    '"context":{"ip":1},"context":{"userAgent":2}',
    '"context":{},"context":{}',
  ),
  removed("a dotted literal ip key goes", '"context.ip":"x"'),
  passes(
    "keys that only look like it stay",
    '"zip":"1","trip":"2","shipment":"3"',
    '"zip":"1","trip":"2","shipment":"3"',
  ),
  passes("an email is normalised and hashed in place", '"email":" John_Smith@GMAIL.com "', `"email":"${john}"`, {
    email: john,
    phone: null,
    flags: 0,
  }),
  passes(
    "an escaped email key is found",
    String.raw`"traits":{"\u0065mail":"john_smith@gmail.com"}`,
    String.raw`"traits":{"\u0065mail":"${john}"}`,
    {
      email: john,
    },
  ),
  passes(
    "an escaped parent is found",
    String.raw`"tr\u0061its":{"email":"john_smith@gmail.com"}`,
    String.raw`"tr\u0061its":{"email":"${john}"}`,
    {
      email: john,
    },
  ),
  passes(
    "an escaped email is decoded before it is hashed",
    String.raw`"email":"john_smith\u0040gmail.com"`,
    `"email":"${john}"`,
    {
      email: john,
    },
  ),
  passes(
    "case variants and dotted literal keys are found",
    '"E-Mail":"john_smith@gmail.com","traits.email":"john_smith@gmail.com"',
    `"E-Mail":"${john}","traits.email":"${john}"`,
  ),
  passes(
    "the first valid email in document order identifies",
    '"email":"nobody","a":{"email":"A@b.co"},"b":{"email":"c@d.co"}',
    `"email":"${sha256("nobody")}","a":{"email":"${sha256("a@b.co")}"},"b":{"email":"${sha256("c@d.co")}"}`,
    {
      email: sha256("a@b.co"),
    },
  ),
  passes(
    "every duplicate is hashed",
    '"email":"a@b.co","email":"c@d.co"',
    `"email":"${sha256("a@b.co")}","email":"${sha256("c@d.co")}"`,
    {
      email: sha256("a@b.co"),
    },
  ),
  passes(
    "every duplicate parent is gone through",
    '"traits":{"email":"a@b.co"},"traits":{"email":"c@d.co"}',
    `"traits":{"email":"${sha256("a@b.co")}"},"traits":{"email":"${sha256("c@d.co")}"}`,
  ),
  passes(
    "elements of an array are hashed",
    '"emails":["a@b.co",["c@d.co"],null,7,{"x":1},""]',
    `"emails":["${sha256("a@b.co")}",["${sha256("c@d.co")}"],null,7,""]`,
    {
      email: sha256("a@b.co"),
    },
  ),
  passes("an unexpected type goes", '"email":1234567,"email":1e9,"email":{"a":"b"},"phone":4915112345678', ""),
  ...[
    '"channels":{"email":true,"phone":false,"mobile":12345}',
    '"email":0.25,"emails":-3,"phone":999999,"mobile":12.5',
    '"email":"yes","phone":"opted_in","mobile":"iPhone","tel":"TRUE"',
    '"phone":[true,3,"no"]',
  ].map((members) => passes(`no contact stays: ${members}`, members, members, { email: null, phone: null, flags: 0 })),
  passes("null and the empty string stay", '"email":null,"phone":"","email":""', '"email":null,"phone":"","email":""', {
    email: null,
  }),
  passes("what normalises to nothing goes", '"email":"  ","phone":"()","phone":"000"', ""),
  passes("what is hashed is not hashed again", `"email":"${john}"`, `"email":"${john}"`, { email: john }),
  passes(
    "a hash is written in lower case",
    `"email_sha256":"${upperHex}","phone":" ${upperHex} "`,
    `"email_sha256":"${upperHex.toLowerCase()}","phone":"${upperHex.toLowerCase()}"`,
    {
      email: upperHex.toLowerCase(),
      phone: upperHex.toLowerCase(),
      phoneE164: null,
    },
  ),
  passes(
    "vendors' own hashed keys identify",
    `"user_data":{"em":["${john}"],"ph":"${phone}"},"phone_e164_sha256":"${phoneE164}"`,
    `"user_data":{"em":["${john}"],"ph":"${phone}"},"phone_e164_sha256":"${phoneE164}"`,
    {
      email: john,
      phone,
      phoneE164,
    },
  ),
  passes("a raw value under a hashed key is hashed", '"em":"john_smith@gmail.com"', `"em":"${john}"`, { email: john }),
  passes(
    "63 or 65 hex digits are no hash",
    `"email":"${john.slice(1)}","phone":"${phone}0"`,
    `"email":"${sha256(john.slice(1))}","phone":"${sha256("323626319")}"`,
    {
      email: null,
    },
  ),
  passes("a phone with a plus has both forms", '"phone":"+1 (650) 555-1212"', `"phone":"${phone}"`, {
    phone,
    phoneE164,
    flags: 0,
  }),
  passes("a phone with two zeros has both forms", '"phone":"001 650 555 1212"', `"phone":"${phone}"`, {
    phone,
    phoneE164,
  }),
  passes(
    "a phone without a country identifies nobody",
    '"phone":"(650)555-1212"',
    `"phone":"${sha256("6505551212")}"`,
    {
      phone: null,
      phoneE164: null,
    },
  ),
  passes("the source's calling code is put before it", '"phone":"(650)555-1212"', `"phone":"${phone}"`, {
    program: { defaultCallingCode: "1" },
    phone,
    phoneE164,
  }),
  passes(
    "a trunk zero gives way to the calling code",
    '"phone":"0151 23456789"',
    `"phone":"${sha256("4915123456789")}"`,
    {
      program: { defaultCallingCode: "49" },
      phone: sha256("4915123456789"),
      phoneE164: sha256("+4915123456789"),
    },
  ),
  passes("a North American 1 is not put twice", '"phone":"1-650-555-1212"', `"phone":"${phone}"`, {
    program: { defaultCallingCode: "1" },
    phone,
  }),
  passes("a plus wins over the calling code", '"phone":"+16505551212"', `"phone":"${phone}"`, {
    program: { defaultCallingCode: "49" },
    phone,
  }),
  passes(
    "China's code is dropped from the form with a plus",
    '"phone":"+86 138 0000 0000"',
    `"phone":"${sha256("8613800000000")}"`,
    {
      phone: sha256("8613800000000"),
      phoneE164: sha256("13800000000"),
    },
  ),
  passes("digits of other scripts count", '"phone":"\uff0b\uff11\u0666505551212"', `"phone":"${phone}"`, { phone }),
  passes(
    "an impossible length identifies nobody",
    '"phone":"+1234567890123456"',
    `"phone":"${sha256("1234567890123456")}"`,
    {
      phone: null,
    },
  ),
  passes(
    "personal data of more than one block is hashed whole",
    `"email":"${"x".repeat(200)}@b.co"`,
    `"email":"${sha256(`${"x".repeat(200)}@b.co`)}"`,
  ),
  passes("lower case follows Unicode", '"email":"\u00c9\u0130@B.co"', `"email":"${sha256("\u00e9i\u0307@b.co")}"`, {
    email: sha256("\u00e9i\u0307@b.co"),
  }),
  passes("Unicode spaces are trimmed", '"email":"\u00a0\u3000a@b.co\ufeff"', `"email":"${sha256("a@b.co")}"`, {
    email: sha256("a@b.co"),
  }),
];
