import { type KernelCase, passes, sha256 } from "./kernel-case.ts";

const hash = (...paths: readonly string[]) => ({ program: { hashPaths: paths.map((path) => path.split(".")) } });
const redact = (...paths: readonly string[]) => ({ program: { redactPaths: paths.map((path) => path.split(".")) } });

/** Configured paths: hashed in place, or removed. */
export const pathCases: readonly KernelCase[] = [
  passes(
    "a configured path is trimmed and hashed",
    '"traits":{"ssn":" 1-2 "}',
    `"traits":{"ssn":"${sha256("1-2")}"}`,
    hash("traits.ssn"),
  ),
  passes("a redacted path goes", '"traits":{"ssn":"1","a":2}', '"traits":{"a":2}', redact("traits.ssn")),
  passes(
    "paths match whatever the case",
    '"Traits":{"SSN":"1"},"traits":{"Ssn":"2"}',
    '"Traits":{},"traits":{}',
    redact("tRaits.ssn"),
  ),
  passes(
    "paths match after unescaping",
    String.raw`"tr\u0061its":{"\u0073sn":"1"}`,
    String.raw`"tr\u0061its":{}`,
    redact("traits.ssn"),
  ),
  passes("paths go through arrays", '"a":[{"b":"1"},[{"b":"2"}],{"c":3}]', '"a":[{},[{}],{"c":3}]', redact("a.b")),
  passes(
    "an array at a path's end is hashed element by element",
    '"a":["x",["y"],5,null]',
    `"a":["${sha256("x")}",["${sha256("y")}"],null]`,
    hash("a"),
  ),
  passes("every duplicate is matched", '"a":"1","a":"2"', "", redact("a")),
  passes("every duplicate parent is matched", '"a":{"b":1},"a":{"b":2}', '"a":{},"a":{}', redact("a.b")),
  passes("a dotted literal key is matched", '"a.b":"1","a":{"b.c":"2"}', '"a":{}', redact("a.b", "a.b.c")),
  passes("a partly dotted key is matched", '"a.b":{"c":"1","d":"2"}', '"a.b":{"d":"2"}', redact("a.b.c")),
  passes(
    "a star is any one key",
    '"a":{"x":{"c":1},"y.z":{"c":2},"c":3}',
    '"a":{"x":{},"y.z":{},"c":3}',
    redact("a.*.c"),
  ),
  passes(
    "a value of unexpected type is removed",
    '"a":1,"a":true,"a":{"b":"c"},"a":null,"a":""',
    '"a":null,"a":""',
    hash("a"),
  ),
  passes("what only holds space is removed", '"a":"  "', "", hash("a")),
  passes(
    "a hash at a path stays, in lower case",
    `"a":"${sha256("x").toUpperCase()}"`,
    `"a":"${sha256("x")}"`,
    hash("a"),
  ),
  passes("redacting wins over hashing", '"a":{"b":"1"}', '"a":{}', {
    program: { hashPaths: [["a", "b"]], redactPaths: [["a", "b"]] },
  }),
  passes("redacting a parent takes what is below", '"a":{"b":{"c":"1"}}', '"a":{}', redact("a.b")),
  passes("redacting takes the identity away that came from there", '"traits":{"email":"a@b.co"}', '"traits":{}', {
    ...redact("traits.email"),
    email: null,
  }),
  passes(
    "redacting leaves the identity that came from elsewhere",
    '"a":{"email":"a@b.co"},"b":{"email":"c@d.co"}',
    `"a":{},"b":{"email":"${sha256("c@d.co")}"}`,
    {
      ...redact("a.email"),
      email: sha256("c@d.co"),
    },
  ),
  passes(
    "hashing an email path changes nothing about it",
    '"traits":{"email":"A@b.co"}',
    `"traits":{"email":"${sha256("a@b.co")}"}`,
    {
      ...hash("traits.email"),
      email: sha256("a@b.co"),
    },
  ),
  passes(
    "names are hashed as vendors want them",
    '"first_name":" O\'Brien-Val\u00c9ry "',
    `"first_name":"${sha256("obrienval\u00e9ry")}"`,
    hash("first_name"),
  ),
  passes(
    "of white space in a name one space stays",
    String.raw`"first_name":"\t Mary  & \n Jane 2 ","ln":"\u00a0Li\u3000\u738b","fn":"a\u007fb"`,
    `"first_name":"${sha256("mary jane 2")}","ln":"${sha256("li \u738b")}","fn":"${sha256("a\x7fb")}"`,
    hash("first_name", "ln", "fn"),
  ),
  passes(
    "a control character stays in a name, as its plain byte does",
    '"first_name":"a\x7fb"',
    `"first_name":"${sha256("a\x7fb")}"`,
    hash("first_name"),
  ),
  passes(
    "cities are hashed as vendors want them",
    '"city":"S\u00e3o Paulo","town":"75008 Paris","ct":"\u6771\u4eac 1","locality":"1010"',
    `"city":"${sha256("s\u00e3opaulo")}","town":"${sha256("paris")}","ct":"${sha256("\u6771\u4eac")}"`,
    hash("city", "town", "ct", "locality"),
  ),
  passes(
    "countries are hashed by their code, and what is none goes",
    '"country":" De ","countryCode":"Germany","country_code":"UK"',
    `"country":"${sha256("de")}"`,
    hash("country", "countryCode", "country_code"),
  ),
  passes(
    "states are hashed by their code",
    '"state":"New York","st":"N.S.W."',
    `"state":"${sha256("ny")}","st":"${sha256("nsw")}"`,
    hash("state", "st"),
  ),
  passes(
    "zip codes are hashed as vendors want them",
    '"zip":"94105-1234","postcode":"M1 1AE"',
    `"zip":"${sha256("94105")}","postcode":"${sha256("m11ae")}"`,
    hash("zip", "postcode"),
  ),
  passes(
    "dates of birth are hashed as YYYYMMDD",
    '"dob":"2/16/1997","birthday":"16.02.1997"',
    `"dob":"${sha256("19970216")}","birthday":"${sha256("19970216")}"`,
    hash("dob", "birthday"),
  ),
  passes(
    "what is no date goes where a date of birth is to be hashed",
    '"dob":"970216","birthday":"1997-02-30","db":"1985-1-2"',
    `"db":"${sha256("19850102")}"`,
    hash("dob", "birthday", "db"),
  ),
  passes(
    "a gender other than f or m goes",
    '"gender":"Female","ge":"x"',
    `"gender":"${sha256("f")}"`,
    hash("gender", "ge"),
  ),
  passes(
    "under a star the key names the normaliser",
    '"a":{"city":"K\u00f6ln","x":" Y "}',
    `"a":{"city":"${sha256("k\u00f6ln")}","x":"${sha256("Y")}"}`,
    hash("a.*"),
  ),
  passes("the type is out of reach", "", "", redact("type")),
  {
    name: "a redacted id is not captured",
    body: '{"type":"page","userId":"u","anonymousId":"a"}',
    program: { redactPaths: [["userId"]] },
    expect: [{ json: '{"type":"page","anonymousId":"a"}', fields: { userId: null, anonymousId: "a" } }],
  },
];
