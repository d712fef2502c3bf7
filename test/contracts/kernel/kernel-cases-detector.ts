import { flagBits } from "../../../domain/model/event/event.ts";
import { noAddresses, writtenAddresses } from "../addresses.ts";
import { noPhones, wholePhones } from "../phone-values.ts";
import { type KernelCase, passes, sha256 } from "./kernel-case.ts";

const { emailMasked, ipFound, phoneFound } = flagBits;

const text = (value: string) => `"a":${JSON.stringify(value)}`;
const masks = (what: string, value: string, expected: string): KernelCase =>
  passes(`an email ${what} is masked`, text(value), text(expected), { flags: emailMasked, email: null });
const keeps = (value: string): KernelCase =>
  passes(`nothing is masked in ${value}`, text(value), text(value), { flags: 0 });
const ip = (value: string, expected: string): KernelCase =>
  passes(`the address in ${value} is masked`, text(value), text(expected), { flags: ipFound });
const phone = (value: string): KernelCase =>
  passes(`the phone ${value} is masked`, text(value), text("[phone]"), { flags: phoneFound });

function id(name: string, value: string, expected: string): KernelCase {
  const event = (userId: string) => `{"type":"page","userId":${JSON.stringify(userId)}}`;
  return { name, body: event(value), expect: [{ json: event(expected), fields: { userId: expected }, email: null }] };
}

function aliasWithIds(id: string, other: string): string {
  const ids = ["messageId", "anonymousId", "groupId", "previousId"].map((key) => `"${key}":"${id}"`);
  return `{"type":"alias","userId":"u",${ids.join(",")},"x":{"userId":"${other}"}}`;
}

/** What is masked wherever it stands. */
export const detectorCases: readonly KernelCase[] = [
  masks("as a whole value", "john@example.com", "[email]"),
  masks("in a sentence", "mail john.o'doe+x@mail.example.co.uk.", "mail [email]."),
  masks("in brackets", "John <john@example.com>, b", "John <[email]>, b"),
  masks("in a URL", "https://a.com/?e=john@example.com&x=1#y", "https://a.com/?e=[email]&x=1#y"),
  masks("percent-encoded", "/?e=john%40example.com&x=1", "/?e=[email]&x=1"),
  masks("percent-encoded twice", "/?u=%2F%3Fe%3Djohn%2540example%252Ecom%26b", "/?u=%2F%3Fe%3D[email]%26b"),
  masks("with encoded letters", "/?e=j%C3%B6hn%2Bx%40m%C3%BCller.de", "/?e=[email]"),
  masks("in nested JSON", '{"to":"john@example.com"}', '{"to":"[email]"}'),
  masks("in JSON nested twice", String.raw`"{\"to\":\"john@example.com\"}"`, String.raw`"{\"to\":\"[email]\"}"`),
  masks("escaped in nested JSON", String.raw`{"to":"j\u00f6hn\u0040example.com"}`, '{"to":"[email]"}'),
  masks(
    "escaped in JSON nested twice",
    String.raw`{\"to\":\"john\\u0040example.com\"}`,
    String.raw`{\"to\":\"[email]\"}`,
  ),
  masks("in a mailto link", "mailto:john@example.com?subject=x", "mailto:[email]?subject=x"),
  masks("with a Unicode local part", "j\u00f6rg@example.com", "[email]"),
  masks("with an international domain", "x@\u4f8b\u5b50.\u4e2d\u56fd", "[email]"),
  masks("with fullwidth signs", "john\uff20example\uff0ecom", "[email]"),
  masks("with a quoted local part", 'x "john doe"@example.com', "x [email]"),
  masks("beside another", "a@b.co,c@d.co", "[email],[email]"),
  masks("behind a broken one", "a@b@c.co", "a@[email]"),
  masks("before a number", "a@b.co.1", "[email].1"),
  masks("in capitals", "JOHN@EXAMPLE.COM", "[email]"),
  masks("with nothing to be seen before its sign", "to ana\u200b@example.com.", "to [email]."),
  masks("with nothing to be seen behind its sign", "to ana@\u2060example.com.", "to [email]."),
  masks("with nothing to be seen in its words", "to a\ufeffna@exam\u200dple.c\u200eom.", "to [email]."),
  masks("with marks of direction around its sign", "to ana\u202a@\u202cexample.com.", "to [email]."),
  masks("behind a wide space", "to\u2003ana@example.com", "to\u2003[email]"),
  masks("between marks of quotation", "\u201eana@example.com\u201c", "\u201e[email]\u201c"),
  masks("with a domain beyond the limit", `a@${"b".repeat(300)}.co`, "[email]"),
  keeps("@handle said a@b and lodash@4.17.21"),
  keeps("https://maps.example/@52.52,13.40,12z"),
  keeps("100% @ 5"),
  keeps("git@github.com:org/repo.git"),
  keeps("git+ssh://git@github.com/org/repo.git#v1"),
  masks("of a person called git", "git@example.com", "[email]"),
  masks("in an encoded word of mail", "=?UTF-8?Q?ana=40example.com?=", "=?UTF-8?Q?[email]?="),
  passes("an email in a key is masked", '"x a@b.co":1,"c%40d.co":2', '"x [email]":1,"[email]":2', {
    flags: emailMasked,
  }),
  passes("an email written with an escaped sign is masked", String.raw`"a":"john\u0040example.com"`, '"a":"[email]"'),
  passes("an email deep in arrays is masked", '"a":[[{"b":["x@y.co"]}]]', '"a":[[{"b":["[email]"]}]]'),
  passes("numbers are never masked", '"a":4915112345678', '"a":4915112345678', { flags: 0 }),
  {
    name: "only the last type is out of the detector's reach",
    body: '{"type":"a@b.co","type":{"x":"c@d.co"},"type":"page","userId":"u"}',
    expect: [
      { json: '{"type":"[email]","type":{"x":"[email]"},"type":"page","userId":"u"}', fields: { type: "page" } },
    ],
  },
  {
    name: "an email in an event's name is masked, and captured masked",
    body: '{"type":"track","event":"Bought by a@b.co","userId":"u"}',
    expect: [{ fields: { event: "Bought by [email]" }, flags: emailMasked }],
  },
  id("an id that is an email becomes its hash", " John_Smith@gmail.com", sha256("john_smith@gmail.com")),
  id("an id with an email in it becomes a hash of it all", "user:a@b.co", sha256("user:a@b.co")),
  id("an id with an encoded email becomes a hash of it all", "a%40b.co", sha256("a%40b.co")),
  id("an id that is a phone becomes the hash of its digits", "+1 650 555 1212", sha256("16505551212")),
  id("an id with an address is masked, since a hash of so few values hides nothing", "10.0.0.1-7", "[ip]-7"),
  id("an id that is an IPv6 address is masked", "2001:db8::1", "[ip]"),
  id("an id with a version number stays", "v1.2.3.4-77", "v1.2.3.4-77"),
  {
    name: "a message id with an address goes, so that two events are never taken for one",
    body: '{"type":"page","userId":"u","messageId":"10.0.0.1-7","anonymousId":"10.0.0.1"}',
    expect: [{ json: '{"type":"page","userId":"u","anonymousId":"[ip]"}', fields: { messageId: null } }],
  },
  {
    name: "every id is treated so, and only at the top",
    body: aliasWithIds("a@b.co", "a@b.co"),
    expect: [
      {
        json: aliasWithIds(sha256("a@b.co"), "[email]"),
        flags: emailMasked,
      },
    ],
  },
  ...wholePhones.map(phone),
  ...noPhones.map(keeps),
  ip("10.1.2.3", "[ip]"),
  ip("from 10.1.2.3, port 80", "from [ip], port 80"),
  ip("http://10.1.2.3:8080/x", "http://[ip]:8080/x"),
  ip("?ip%3D10.1.2.3%26", "?ip%3D[ip]%26"),
  ip("2001:db8::1", "[ip]"),
  ip("[2001:DB8:0:0:8:800:200C:417A]:443", "[[ip]]:443"),
  ip("at ::ffff:10.1.2.3.", "at [ip]."),
  ip("fe80::1%eth0", "[ip]%eth0"),
  ip("http://[2001%3Adb8%3A%3A1]/", "http://[[ip]]/"),
  ip("1.2.3.4,5.6.7.8", "[ip],[ip]"),
  ...Object.entries(writtenAddresses).map(([value, expected]) => ip(value, expected)),
  ...[
    ...noAddresses,
    "1.2.3",
    "1.2.3.4.5",
    "v1.2.3.4",
    "1.2.3.256",
    "1.2.3.4a",
    "12:34:56",
    "aa:bb:cc:dd:ee:ff",
    "std::vector",
    "::",
    "a1.2.3.4",
  ].map(keeps),
  passes(
    "version numbers are no addresses",
    '"app_version":"1.2.3.4","OS-Version":["1.2.3.4"],"build":"1.2.3.4"',
    '"app_version":"1.2.3.4","OS-Version":["1.2.3.4"],"build":"1.2.3.4"',
    {
      flags: 0,
    },
  ),
  passes(
    "flagged is not masked",
    '"a":"10.1.2.3","b":"+14155550100","c":"x@y.co"',
    '"a":"10.1.2.3","b":"+14155550100","c":"[email]"',
    {
      program: { detector: { phones: "flag", ips: "flag" } },
      flags: ipFound | phoneFound | emailMasked,
    },
  ),
  passes(
    "off finds emails only",
    '"a":"10.1.2.3","b":"+14155550100","c":"x@y.co"',
    '"a":"10.1.2.3","b":"+14155550100","c":"[email]"',
    {
      program: { detector: { phones: "off", ips: "off" } },
      flags: emailMasked,
    },
  ),
];
