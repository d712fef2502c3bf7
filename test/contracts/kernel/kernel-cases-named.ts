import { flagBits } from "../../../domain/model/event/event.ts";
import { type KernelCase, passes, sha256 } from "./kernel-case.ts";

const { phoneFound } = flagBits;
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const shop = "Shop/4.2 (iPhone; iOS 17.5.1; Scale/3.00)";
const session = "My%20Shop/42 CFNetwork/1494.0.7 Darwin/23.4.0";
const text = (value: string) => `"a":${JSON.stringify(value)}`;

const masks = (value: string, expected: string): KernelCase =>
  passes(`what a text names is masked: ${value}`, text(value), text(expected));
const keeps = (value: string): KernelCase => passes(`what a text says is kept: ${value}`, text(value), text(value));
const nested = (value: unknown, expected: unknown): KernelCase =>
  masks(JSON.stringify(value), JSON.stringify(expected));
const twice = (value: unknown, expected: unknown): KernelCase =>
  masks(JSON.stringify({ p: JSON.stringify(value) }), JSON.stringify({ p: JSON.stringify(expected) }));
const sent = (name: string, userAgent: string, members: string, expected: string): KernelCase =>
  passes(name, members, expected, { facts: { userAgent } });

/** User-Agents as values, keys and names, by their shape or because the sender is known by them. */
export const userAgentCases: readonly KernelCase[] = [
  masks(firefox, "[user_agent]"),
  masks(`by ${firefox.toLowerCase()}`, "by [user_agent]"),
  masks(`browser="${firefox}" x=1`, 'browser="[user_agent]" x=1'),
  masks(`browser: ${firefox}\nx: 1`, "browser: [user_agent]\nx: 1"),
  masks(`/?b=${encodeURIComponent(firefox)}&x=1`, "/?b=[user_agent]&x=1"),
  masks(`/?b=${firefox.replaceAll(" ", "+")}&x=1`, "/?b=[user_agent]&x=1"),
  masks(`/?b=${encodeURIComponent(encodeURIComponent(firefox))}&x=1`, "/?b=[user_agent]&x=1"),
  nested({ b: firefox, x: 1 }, { b: "[user_agent]", x: 1 }),
  twice({ b: firefox, x: 1 }, { b: "[user_agent]", x: 1 }),
  masks("Opera/9.80 (Windows NT 6.1; U; es-ES) Presto/2.9.181 Version/12.00", "[user_agent]"),
  masks("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A.240205.002)", "[user_agent]"),
  masks(shop, "[user_agent]"),
  masks(session, "My%20[user_agent]"),
  masks("Mozilla/5.0(iPad; U)", "[user_agent]"),
  masks("Mozilla/5.0\t(iPad; U)", "[user_agent]"),
  masks("Mozilla/5.0\n(iPad; U)", "[user_agent]"),
  masks("Mozilla/5.0_(iPad;_U)", "[user_agent]"),
  masks("Mozilla/5.0\u00a0(iPad; U)", "[user_agent]"),
  masks("UCWEB/2.0 (MIDP-2.0; U) U2/1.0.0", "[user_agent]"),
  keeps("f(1) of 10/12(EU)"),
  ...[
    "okhttp/4.9.2",
    "analytics-node",
    "Chrome/126",
    "Mozilla/5.0",
    "Size 10/12 (EU; wide)",
    "Plan A/3 (red; large)",
    "iPhone (Linux)",
    "CFNetwork",
  ].map(keeps),
  passes("a User-Agent in a key is masked", `"${firefox}":1,"x ${shop}":2`, '"[user_agent]":1,"[user_agent]":2'),
  passes(
    "a library's version is no place for it",
    `"library":{"version":"${firefox}"}`,
    '"library":{"version":"[user_agent]"}',
  ),
  sent("the connection's User-Agent is masked", "okhttp/4.9.2", text("by okhttp/4.9.2!"), text("by [user_agent]!")),
  sent("whatever its letters' case", "Okhttp/4.9.2", text("OKHTTP/4.9.2"), text("[user_agent]")),
  sent(
    "however it is escaped",
    "okhttp/4.9.2",
    '"a":"okhttp\\/4.9.2","b":"\\u006fkhttp/4.9.2"',
    '"a":"[user_agent]","b":"[user_agent]"',
  ),
  sent(
    "however it is encoded",
    "okhttp/4.9.2",
    text("?q=okhttp%2F4.9.2&okhttp&sol;4.9.2"),
    text("?q=[user_agent]&[user_agent]"),
  ),
  sent("in keys", "okhttp/4.9.2", '"okhttp/4.9.2":{"x":1}', '"[user_agent]":{"x":1}'),
  sent("not as a part of a word", "okhttp/4.9.2", text("okhttp/4.9.21"), text("okhttp/4.9.21")),
  sent("not if it is short", "curl", text("curl"), text("curl")),
  sent(
    "not a part of it",
    "okhttp/4.9.2",
    '"library":{"name":"okhttp","version":"4.9.2"}',
    '"library":{"name":"okhttp","version":"4.9.2"}',
  ),
  passes(
    "a claimed User-Agent is masked elsewhere",
    '"context":{"userAgent":"Lamp 7 of Ana","x":"Lamp 7 of Ana"},"properties":{"n":["lamp%207%20of%20Ana"]}',
    '"context":{"x":"[user_agent]"},"properties":{"n":["[user_agent]"]}',
  ),
  {
    name: "an event's name and ids that are User-Agents are masked",
    body: `{"type":"track","event":"${firefox}","userId":"${firefox}"}`,
    expect: [{ json: `{"type":"track","event":"[user_agent]","userId":"${sha256(firefox)}"}` }],
  },
];

const hidden = { phone: "0151 2345678", user_agent: "Lamp/7", ip: "10.1", email: "ana@host", x: "0151 2345678" };
const masked = { phone: "[phone]", user_agent: "[user_agent]", ip: "[ip]", email: "[email]", x: "0151 2345678" };

/** Keys of the table in texts: JSON, queries, forms, header lines, names with their values. */
export const namedCases: readonly KernelCase[] = [
  nested(hidden, masked),
  twice(hidden, masked),
  nested([{ user: { Phone_Number: " 0151-2345678 " } }], [{ user: { Phone_Number: "[phone]" } }]),
  masks('{ "phone" : 4915112345678, "x": 4915112345678 }', '{ "phone" : [phone], "x": 4915112345678 }'),
  nested({ phone: ["0151 2345678", { nr: "0170 1234567" }], x: 1 }, { phone: ["[phone]", { nr: "[phone]" }], x: 1 }),
  masks(String.raw`{\"phone\":\"0151 2345678\",\"x\":1}`, String.raw`{\"phone\":\"[phone]\",\"x\":1}`),
  masks("{&quot;phone&quot;:&quot;0151 2345678&quot;}", "{&quot;phone&quot;:&quot;[phone]&quot;}"),
  masks("?d=%7B%22phone%22%3A%220151%202345678%22%7D&x", "?d=%7B%22phone%22%3A%22[phone]%22%7D&x"),
  masks("https://s.example/?phone=%2B49151234567&x=1#y", "https://s.example/?phone=[phone]&x=1#y"),
  masks("https://s.example/#/a?phone=0151234567", "https://s.example/#/a?phone=[phone]"),
  masks("?u=%2Fa%3Fphone%3D0151234567%26x%3D1&y=2", "?u=%2Fa%3Fphone%3D[phone]%26x%3D1&y=2"),
  masks("ua=Lamp%2F7%20of%20Ana&x=1", "ua=[user_agent]&x=1"),
  masks("ua.12=Lamp%2F7%20of%20Ana&x=1", "ua.12=[user_agent]&x=1"),
  masks("x=1&phone.0=0151%202345678", "x=1&phone.0=[phone]"),
  masks("a=1&user%5Bphone%5D=0151+2345678&x=1", "a=1&user%5Bphone%5D=[phone]&x=1"),
  masks("a=1&amp;phone=0151234567&amp;x=1", "a=1&amp;phone=[phone]&amp;x=1"),
  masks("sid=1; phone=0151 2345678; x=1", "sid=1; phone=[phone]; x=1"),
  masks("mail=ana@host&x=1", "mail=[email]&x=1"),
  masks("ip=10.1.2&x=1", "ip=[ip]&x=1"),
  masks(
    "Host: s.example\r\nUser-Agent: Lamp/7 of Ana\r\nX-Real-Ip: 10.1\r\n",
    "Host: s.example\r\nUser-Agent: [user_agent]\r\nX-Real-Ip: [ip]\r\n",
  ),
  masks("Mobile phone number: 0151 2345678, call me", "Mobile phone number: [phone], call me"),
  masks("phone:0151 2345678", "phone:[phone]"),
  masks('[{"name":"phone","value":"0151 2345678"}]', '[{"name":"phone","value":"[phone]"}]'),
  masks('{"value":"0151 2345678","system":"phone"}', '{"value":"[phone]","system":"phone"}'),
  masks('{"key":"phone","value":{"stringValue":"0151 2345678"}}', '{"key":"phone","value":{"stringValue":"[phone]"}}'),
  ...[
    "?ua=1&phone=iphone15&tel=home&mobile=true&ip=0&email=weekly",
    '{"phone":true,"mobile":1080,"ua":"x","tel":"home","email":null,"ip":""}',
    '{"name":"plan","value":"0151 2345678"}',
    '{"name":"phone","note":"0151 2345678"},{"value":"0151 2345678"}',
    "phone=[phone]&ua=[user_agent]",
    "it is 12:30:45, see https://s.example/phone:8080",
    `phone=${sha256("x")}`,
    "headphones=12345678&zip=12345678&phone_id=12345678",
  ].map(keeps),
  passes(
    "what a member names in another is hashed",
    '"a":[{"system":"phone","value":"0151 2345678"},{"value":"x@y.co","key":"email"}]',
    `"a":[{"system":"phone","value":"${sha256("1512345678")}"},{"value":"${sha256("x@y.co")}","key":"email"}]`,
    { email: sha256("x@y.co") },
  ),
  passes(
    "or removed",
    '"a":[{"name":"http.user_agent","value":{"stringValue":"Lamp/7"}},{"type":"ip","value":"10.1"},{"k":"ip","v":"1"}]',
    '"a":[{"name":"http.user_agent"},{"type":"ip"},{"k":"ip","v":"1"}]',
  ),
  passes(
    "unless it can be no contact",
    '"a":[{"name":"phone","value":"iPhone"},{"name":"mobile","value":53},{"name":"tel","value":null}]',
    '"a":[{"name":"phone","value":"iPhone"},{"name":"mobile","value":53},{"name":"tel","value":null}]',
  ),
  passes("a form as a key is masked", '"phone=0151234567&x":""', '"phone=[phone]&x":""', { flags: phoneFound }),
];

const number = sha256("1512345678");

/** Keys of the table with indexes, and with what is not seen. */
export const bracketCases: readonly KernelCase[] = [
  ...[
    "phones[0]",
    "phone[]",
    "user.phone[0]",
    "traits[phone][0]",
    "phones.0",
    "phone\u00a0",
    "phone\u200b",
    "\ufeffphone",
    "pho\u2060ne",
    "traits[phone]\u200b",
    "phone*",
    "e\u2011164",
    "\uff50\uff48\uff4f\uff4e\uff45",
    "phone\t",
    "phones[0].value",
    "user[user.tel]",
    "user[phones][0][number]",
    "fields[phone][value]",
    "t\u00e9l\u00e9phone",
    "te\u0301l",
    "Tel\u00e9fono M\u00f3vil",
    "phone_1",
    "Telefonnummer:",
  ].map((key) =>
    passes(
      `${JSON.stringify(key)} is a key of phones`,
      `${JSON.stringify(key)}:"0151 2345678"`,
      `${JSON.stringify(key)}:"${number}"`,
    ),
  ),
  ...["user_agent[]", "ua[0]", "ips[3]", "client.ip.0", "ip\u3000", "req.headers[user-agent]", "ip.value"].map((key) =>
    passes(`${JSON.stringify(key)} goes`, `${JSON.stringify(key)}:"x"`, ""),
  ),
  ...["phones[a]", "zip[0]", "phone[0]x", "[0]", "[phone]", "0", "value", "x.value", "x[number]", "phone.text"].map(
    (key) =>
      passes(`${JSON.stringify(key)} is none of the table`, `${JSON.stringify(key)}:"x"`, `${JSON.stringify(key)}:"x"`),
  ),
];

/** Other ways to write a name and its value in a text. */
export const otherNamedCases: readonly KernelCase[] = [
  ...[
    ["{'phone': '@'}", "{'phone': '[phone]'}"],
    ["dataLayer.push({'phone':'@'})", "dataLayer.push({'phone':'[phone]'})"],
    ["'phone' => '@'", "'phone' => '[phone]'"],
    ["phone => @", "phone => [phone]"],
    ["phone == @", "phone == [phone]"],
    ["Phone : @", "Phone : [phone]"],
    ["T\u00e9l\u00e9phone\u00a0: @", "T\u00e9l\u00e9phone\u00a0: [phone]"],
    ["phone:\t@", "phone:\t[phone]"],
    ["phone:\n  @", "phone:\n  [phone]"],
    ['{\n  "phone" :\n  "@"\n}', '{\n  "phone" :\n  "[phone]"\n}'],
    ["Tel.: @", "Tel.: [phone]"],
    ["Phone No.: @", "Phone No.: [phone]"],
    ["TEL;TYPE=CELL:@", "TEL;TYPE=CELL:[phone]"],
    [
      "BEGIN:VCARD\r\nitem1.TEL;type=CELL,pref:@\r\nEND:VCARD",
      "BEGIN:VCARD\r\nitem1.TEL;type=CELL,pref:[phone]\r\nEND:VCARD",
    ],
    ["user[user.tel]=@", "user[user.tel]=[phone]"],
    ["fields[phone][value]=@", "fields[phone][value]=[phone]"],
    ['[{"type":"phone","number":"@"}]', '[{"type":"phone","number":"[phone]"}]'],
    ['{"question":"Phone","answer":"@"}', '{"question":"Phone","answer":"[phone]"}'],
  ].map(([value = "", expected = ""]) => masks(value.replace("@", "0151 23456789"), expected)),
  ...["mobile: 1080x1920", "Mobile: 12345", "at 10 : 30", '{"mobile":12345}', "phone => none", "c;d=1:2 e"].map(keeps),
  ...["id", "title", "question", "attr", "contact_type", "Parameter"].map((key) =>
    passes(
      `the phone of a pair named by ${key} is hashed`,
      `"f":[{"${key}":"phone","answer":"0151 2345678"}]`,
      `"f":[{"${key}":"phone","answer":"${sha256("1512345678")}"}]`,
    ),
  ),
  ...['"phone":"iPhone 15 Pro"', '"phone":"SM-S918B"', '"ph":"7.4"', '"mobile":"1080x1920"', '"mobile":"n/a"'].map(
    (members) => passes(`${members} is no number to call`, members, members, { phone: null }),
  ),
];

const email = (value: string, expected = "[email]"): KernelCase =>
  passes(`the email in ${value} is masked`, text(value), text(expected), { flags: flagBits.emailMasked });

/** Emails whose signs are encoded. */
export const encodedEmailCases: readonly KernelCase[] = [
  ...[
    "ana&#64;x.example",
    "ana&#064;x.example",
    "ana&#x40;x.example",
    "ana&#X40;x.example",
    "ana&commat;x.example",
    "ana&#64x.example",
    "ana&amp;#64;x.example",
    "ana&amp;amp;commat;x.example",
    "ana&commat;x&period;example",
    "ana%u0040x.example",
    "ana%25u0040x.example",
    "ana\\u0040x.example",
    "ana\\\\x40x.example",
    "ana%EF%BC%A0x.example",
    "ana%25EF%25BC%25A0x.example",
    "ana%26%2364%3Bx.example",
    "ana&#37;40x.example",
    "ana%252540x.example",
    "ana\\@x.example",
    "ana\\@x\\.example",
    "ana=40x.example",
    "ana@[10.1.2.3]",
    "ana@[IPv6:2001:db8::1]",
    "ana@xn--bcher-kva.example",
    "ana@b\u00fccher.example",
    "\u0430na@x.example",
  ].map((value) => email(value)),
  email("<a href='mailto:ana&#64;x.example'>", "<a href='mailto:[email]'>"),
  email('{"a":"ana&#64;x.example"}', '{"a":"[email]"}'),
  passes("an encoded email in a key is masked", '"ana&#64;x.example":1', '"[email]":1'),
  ...["?size=40px.example", "a&b@c", "x=40.5", "&copy;", "%u004", "50% &amp; more", "a\\b.co"].map(keeps),
];

const quiet = sha256("x");
const loud = quiet.toUpperCase();
const ana = sha256("ana@x.example");

const aliasOf = (id: string) =>
  `{"type":"alias","userId":"${id}","previousId":"${id}","messageId":"${loud}","x":{"userId":"${loud}"}}`;

/** Hashes as ids and in identities. */
export const hashCases: readonly KernelCase[] = [
  {
    name: "a hash in capitals as an id joins its twin in lower case; a message id stays",
    body: aliasOf(loud),
    expect: [
      {
        json: aliasOf(quiet),
        fields: { userId: quiet, messageId: loud },
      },
    ],
  },
  ...["ana\u200b@x.example", "\ufeffAna@x.example\u00ad", "ana@\u2060x.example\u202c", "\u200b ana@x.example"].map(
    (value) =>
      passes(`${JSON.stringify(value)} is hashed as it reads`, `"email":"${value}"`, `"email":"${ana}"`, {
        email: ana,
      }),
  ),
  passes("of nothing but what is not seen nothing is left", '"email":"\u200b"', "", { email: null }),
];
