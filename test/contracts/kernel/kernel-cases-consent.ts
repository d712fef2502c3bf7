import { flagBits } from "../../../domain/model/event/event.ts";
import type { Program } from "../../../domain/model/program.ts";
import type { BodyShape } from "../../../ports/kernel.ts";
import { consentForms, consentRest } from "../consent-forms.ts";
import { type ExpectedEvent, head, type KernelCase, sha256 } from "./kernel-case.ts";

/** What an event is taken to say of advertising and of analytics: `y` yes, `n` no, `-` nothing. */
export type Said = `${"y" | "n" | "-"}${"y" | "n" | "-"}`;

const bits = { y: 1, n: 2, "-": 0 } as const;

function expected(said: Said): ExpectedEvent {
  if (said[1] === "n") return { drop: "consent" };
  const advertising = bits[said[0] as "y"] << flagBits.advertisingShift;
  return { flags: advertising | (bits[said[1] as "y"] << flagBits.analyticsShift) };
}

/** Members of an event, and what they say; with white space too, which takes the kernel's long way. */
function says(name: string, members: string, said: Said, program: Partial<Program> = {}): KernelCase[] {
  const expect = [expected(said), expected(said)];
  const body = `{"batch":[${head},${members}},${head}, ${members}}]}`;
  return [{ name: `consent: ${name}`, body, program, shape: { list: "batch" }, expect }];
}

/** A text of bytes. */
const latin1 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

const own = (categories: Record<string, number>) => ({ consentCategories: new Map(Object.entries(categories)) });

function layers(name: string, body: string, type: BodyShape["type"], flags: number): KernelCase {
  return { name: `consent: ${name}`, body, shape: { dialect: "layers", list: null, type }, expect: [{ flags }] };
}

/** How consent is read, and what is none. */
export const consentCases: readonly KernelCase[] = [
  ...consentForms.flatMap(([stated, said]) => says(stated, `"context":{"consent":${stated}}`, said)),
  ...consentRest.flatMap(([members, said]) => says(members, members, said)),
  ...says("an organisation's categories come first", '"context":{"consent":{"C0004":false,"BG7":false}}', "n-", {
    ...own({ c0004: 0, bg7: 1 }),
  }),
  ...says("a category that an organisation maps to nothing says nothing", '"ad_storage":"denied"', "--", {
    ...own({ adstorage: 0 }),
  }),
  ...says("names of other alphabets", '"context":{"consent":{"ÜBER-Werbung":false,"マーケ":true}}', "ny", {
    ...own({ "Ã¼berwerbung": 1, "ã\u0083\u009eã\u0083¼ã\u0082±": 2 }),
  }),
  ...says(
    "Greek, Cyrillic and Polish capitals",
    '"context":{"consent":{"ΑΓΟΡΆ":false,"РЕКЛАМА":true,"ŻÓŁW":0}}',
    "nn",
    {
      ...own(
        Object.fromEntries(
          [
            ["αγορΆ", 1],
            ["реклама", 1],
            ["żółw", 2],
          ].map(([name, bits]) => [latin1(name as string), bits as number]),
        ),
      ),
    },
  ),
  ...says("numbers of an organisation's own", '"context":{"consentManagement":{"deniedConsentIds":["4"]}}', "-n", {
    ...own({ "4": 2 }),
  }),
  {
    name: "consent: a batch's refusal is each event's",
    body: `{"context":{"consent":{"advertising":"denied"}},"batch":[${head}},${head},"context":{"consent":{"x":1}}}]}`,
    shape: { list: "batch" },
    expect: [{ flags: 2 << 4 }, { flags: 2 << 4 }],
  },
  layers("Layers' own form", '{"user_id":"u","advertising":"no","analytics":1}', "consent", (2 << 4) | (1 << 6)),
  layers("Layers' consent in one word", '{"user_id":"u","consent":"denied"}', "consent", (2 << 4) | (2 << 6)),
  layers("Layers' properties", '{"user_id":"u","event":"E","properties":{"ad_storage":"denied"}}', "track", 2 << 4),
  {
    name: "consent: what is removed has been read before",
    body: `${head},"context":{"consent":{"advertising":false,"email":"a@b.co"}}}`,
    program: { redactPaths: [["context", "consent"]] },
    expect: [{ flags: 2 << 4, json: `${head},"context":{}}`, email: null }],
  },
  {
    name: "consent: personal data in it is protected",
    body: `${head},"context":{"consent":{"advertising":"a@b.co","email":"a@b.co"}}}`,
    expect: [
      {
        flags: flagBits.emailMasked,
        json: `${head},"context":{"consent":{"advertising":"[email]","email":"${sha256("a@b.co")}"}}}`,
      },
    ],
  },
];
