import assert from "node:assert/strict";
import { test } from "node:test";
import { findBytes } from "../../../../adapters/system/find-bytes.ts";
import { takeSealedToken } from "../../../../domain/model/attribution.ts";
import { jsonText, rowColumns, rowStride } from "../../../../domain/model/event/event.ts";
import type { SealedSecret } from "../../../../domain/model/tenant.ts";
import { createSealTokensStep } from "../../../../domain/pipeline/ingest/seal-tokens.ts";

test("a batch outlives the kernel's memory while its tokens are sealed; one without is not waited for", async () => {
  const json = '{"event":"a","properties":{"apple_ads_token":"one","n":1}}';
  const bytes = new TextEncoder().encode(json);
  const rows = new Int32Array(rowStride).fill(-1);
  rows[rowColumns.jsonStart] = 0;
  rows[rowColumns.jsonEnd] = bytes.length;
  const seal = async (secret: string) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return `v1.${secret}` as SealedSecret;
  };
  const sealTokens = createSealTokensStep({ vault: { seal }, sha256Hex: () => "ab".repeat(32), findBytes });
  const plain = new TextEncoder().encode(json.replace("apple_ads_token", "note"));
  assert.equal(
    sealTokens({ passed: { count: 1, rows, bytes: plain }, places: null, dropped: {}, rejected: [] }, "org"),
    null,
  );

  const sealing = sealTokens({ passed: { count: 1, rows, bytes }, places: null, dropped: {}, rejected: [] }, "org");
  bytes.fill(0x20);
  rows.fill(0);
  const events = await sealing;
  assert.ok(events);
  const taken = takeSealedToken(jsonText(events.passed, 0));
  assert.deepEqual(taken.token, { sha256: "ab".repeat(32), sealed: "v1.one" });
  assert.deepEqual(JSON.parse(taken.json), { event: "a", properties: { apple_ads_token: "[token]", n: 1 } });
});
