import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type CapturedField,
  capturedFields,
  column,
  consentOf,
  type EventBatch,
  fieldText,
  flagBits,
  identityHash,
  jsonText,
  rowColumns,
  rowStride,
} from "../../../domain/model/event/event.ts";
import { dropCodes, dropReasonOf, rejectCodes, rejectReasonOf, verdicts } from "../../../domain/model/outcome.ts";
import { allows, roles } from "../../../domain/model/tenant.ts";

interface Laid {
  readonly json: string;
  readonly fields?: Partial<Record<CapturedField, string>>;
  readonly email?: string;
  readonly flags?: number;
}

/** Lays events out as a kernel does; `fields` give the raw JSON of a value that stands in `json`. */
function layOut(events: readonly Laid[]): EventBatch {
  const rows = new Int32Array(events.length * rowStride).fill(-1);
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (text: string): number => {
    const bytes = new TextEncoder().encode(text);
    parts.push(bytes);
    length += bytes.length;
    return length - bytes.length;
  };
  events.forEach(({ json, fields = {}, email, flags = 0 }, index) => {
    const row = rows.subarray(index * rowStride, (index + 1) * rowStride);
    row[rowColumns.verdict] = verdicts.pass;
    row[rowColumns.flags] = flags;
    row[rowColumns.jsonStart] = put(json);
    row[rowColumns.jsonEnd] = length;
    for (const [field, raw] of Object.entries(fields)) {
      const before = new TextEncoder().encode(json.slice(0, json.indexOf(raw))).length;
      const at = rowColumns.fields + 2 * capturedFields.indexOf(field as CapturedField);
      row[at] = (row[rowColumns.jsonStart] as number) + before;
      row[at + 1] = (row[at] as number) + new TextEncoder().encode(raw).length;
    }
    if (email) row[rowColumns.emailSha256] = put(email);
  });
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { count: events.length, rows, bytes };
}

const hash = "0123456789abcdef".repeat(4);

describe("event batch", () => {
  it("the JSON of each event is its own, whatever stands around it", () => {
    const texts = ['{"type":"track","event":"Käse 🧀"}', "{}", '{"type":"page"}'];
    const batch = layOut(texts.map((json) => ({ json })));
    assert.deepEqual(
      texts.map((_, index) => jsonText(batch, index)),
      texts,
    );
  });

  it("a captured string comes without its quotes, unescaped", () => {
    const batch = layOut([
      { json: '{"event":"Plain Näme"}', fields: { event: '"Plain Näme"' } },
      { json: '{"event":"a\\"b\\\\c\\u00e4\\ud83c\\udf0a"}', fields: { event: '"a\\"b\\\\c\\u00e4\\ud83c\\udf0a"' } },
      { json: '{"event":""}', fields: { event: '""' } },
    ]);
    assert.equal(fieldText(batch, 0, "event"), "Plain Näme");
    assert.equal(fieldText(batch, 1, "event"), 'a"b\\cä\u{1f30a}');
    assert.equal(fieldText(batch, 2, "event"), "");
  });

  it("a captured number comes as its own text, null and what is absent as null", () => {
    const json = '{"userId":1234567890123456789,"anonymousId":null}';
    const batch = layOut([{ json, fields: { userId: "1234567890123456789", anonymousId: "null" } }]);
    assert.equal(fieldText(batch, 0, "userId"), "1234567890123456789");
    assert.equal(fieldText(batch, 0, "anonymousId"), null);
    assert.equal(fieldText(batch, 0, "messageId"), null);
  });

  it("every captured field has columns of its own", () => {
    for (const field of capturedFields) {
      const batch = layOut([{ json: '{"k":"value"}', fields: { [field]: '"value"' } }]);
      for (const other of capturedFields) assert.equal(fieldText(batch, 0, other), other === field ? "value" : null);
    }
    assert.equal(rowStride, rowColumns.fields + 2 * capturedFields.length);
  });

  it("an identity hash is its 64 characters, or null", () => {
    const batch = layOut([{ json: "{}", email: hash }, { json: "{}" }]);
    assert.equal(identityHash(batch, 0, "emailSha256"), hash);
    assert.equal(identityHash(batch, 0, "phoneSha256"), null);
    assert.equal(identityHash(batch, 1, "emailSha256"), null);
  });

  it("consent for a purpose is read from its own bits, whatever the others say", () => {
    const states = ["unknown", "granted", "denied"] as const;
    for (const [advertising, said] of states.entries()) {
      for (const [analytics, other] of states.entries()) {
        const flags = (advertising << flagBits.advertisingShift) | (analytics << flagBits.analyticsShift);
        const batch = layOut([{ json: "{}", flags: flags | flagBits.emailMasked | flagBits.ipFound }]);
        assert.equal(consentOf(batch, 0, "advertising"), said);
        assert.equal(consentOf(batch, 0, "analytics"), other);
        assert.equal(column(batch, 0, "verdict"), verdicts.pass);
      }
    }
  });
});

describe("outcome codes", () => {
  it("have one number each, never shared between drops and rejects, and names that lead back", () => {
    const numbers = [...Object.values(dropCodes), ...Object.values(rejectCodes)];
    assert.equal(new Set(numbers).size, numbers.length);
    for (const [name, code] of Object.entries(dropCodes)) assert.equal(dropReasonOf(code), name);
    for (const [name, code] of Object.entries(rejectCodes)) assert.equal(rejectReasonOf(code), name);
    assert.equal(dropReasonOf(rejectCodes.unstorable), undefined);
    assert.equal(rejectReasonOf(dropCodes.consent), undefined);
  });
});

describe("roles", () => {
  it("a role allows what is asked of it and of all below it", () => {
    for (const [held, role] of roles.entries()) {
      for (const [asked, required] of roles.entries()) assert.equal(allows(role, required), held >= asked);
    }
  });
});
