import { type KernelCase, passes, plainProgram } from "./kernel-case.ts";

const same = (name: string, members: string): KernelCase => passes(name, members, members);

/** What is not edited is copied as it stood, without white space. */
export const copyCases: readonly KernelCase[] = [
  passes("white space outside strings goes", ' "a" :\t[ 1 ,\r\n{ } , [ ] ] ', '"a":[1,{},[]]'),
  same("white space inside strings stays", '"a":" x  y "'),
  same("big integers survive", '"a":123456789012345678901234567890'),
  same("numbers keep their spelling", '"a":[1.0,1E5,-0,0.10e+2,1e308,5e-324]'),
  same("escapes keep their spelling", String.raw`"a":"\u00e9\/\n\ud83d\ude00\u0041"`),
  same("keys keep their spelling", String.raw`"\u0061\/":1`),
  same("text beyond ASCII is copied", '"a":"\u00e9\u4e2d\ud83d\ude00\u2028"'),
  same("duplicates are kept in order", '"a":1,"b":2,"a":3'),
  same("empty keys are kept", '"":{"":null}'),
  same("words are copied", '"a":[true,false,null]'),
  same("deep nesting within the limit is copied", `"a":${"[".repeat(31)}${"]".repeat(31)}`),
  passes("the write key goes", '"writeKey":"k","write_key":"k","writeKey":1', ""),
  passes("an escaped write key goes", String.raw`"write\u004bey":"k"`, ""),
  same("a write key deeper down is a property like any other", '"properties":{"writeKey":"k"}'),
  passes(
    "an edited string is written as JSON.stringify does",
    String.raw`"a":"\u00e9\/\ta@b.co"`,
    '"a":"\u00e9/\\t[email]"',
  ),
  passes("a context of null becomes an object", '"context":null', '"context":{}'),
  passes("a context that is no object becomes one", '"context":[1]', '"context":{}'),
  {
    name: "the shape's type takes the place of the event's",
    body: '{"type":"track","userId":"u","a":1}',
    shape: { type: "page" },
    expect: [{ json: '{"type":"page","userId":"u","a":1}', fields: { type: "page" } }],
  },
  {
    name: "the shape's type is put at the end where the event has none",
    body: '{"userId":"u","writeKey":"k"}',
    shape: { type: "page" },
    expect: [{ json: '{"userId":"u","type":"page"}', fields: { type: "page" } }],
  },
  {
    name: "an object that loses all its members stays",
    body: '{"type":"page","userId":"u","context":{"ip":"1.2.3.4"}}',
    program: plainProgram,
    expect: [{ json: '{"type":"page","userId":"u","context":{}}' }],
  },
  {
    name: "hashes stand behind each event's JSON",
    body: '{"batch":[{"type":"page","userId":"u","email":"a@b.co"},{"type":"page","userId":"u"}]}',
    shape: { list: "batch" },
    expect: [{}, { json: '{"type":"page","userId":"u"}', email: null, phone: null, phoneE164: null }],
  },
  {
    name: "of duplicates the last is captured",
    body: `{"type":"page","userId":"u","userId":"v",${[
      '"context":{"os":{"name":"a"}}',
      '"context":{"os":{"name":"b","name":"c"}}',
    ].join(",")}}`,
    expect: [{ fields: { userId: "v", "context.os.name": "c" } }],
  },
  {
    name: "a parent seen again hides what the first held",
    body: '{"type":"page","userId":"u","context":{"os":{"name":"a"},"os":1}}',
    expect: [{ fields: { "context.os.name": null } }],
  },
];
