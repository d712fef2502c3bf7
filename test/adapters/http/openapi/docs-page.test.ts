import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openRig, send } from "../server/rig.ts";

type FirstBody = (method: string, schema: object) => string;

/** The page's own functions, without its document. */
function pageFunction(): FirstBody {
  const page = readFileSync(new URL("../../../../adapters/http/openapi/docs-page.html", import.meta.url), "utf8");
  const script = page.slice(page.indexOf("<script>") + "<script>".length, page.indexOf("show().catch"));
  return new Function(`${script}; return firstBody;`)() as FirstBody;
}

test("the API's page prefills no request with what would wipe or end something", async () => {
  const firstBody = pageFunction();
  const rig = await openRig();
  try {
    const { json } = await send(`${rig.admin.url}/openapi.json`);
    const first = (method: string, path: string) => {
      const schema = json.paths[path][method].requestBody.content["application/json"].schema;
      return firstBody(method.toUpperCase(), schema);
    };
    assert.equal(first("put", "/v1/admin/data-layer"), "");
    assert.equal(first("post", "/v1/admin/sources/{source_id}/rotate-write-key"), "{}");
    assert.equal(first("post", "/v1/admin/dead-letters/redrive"), "{}");
    assert.ok("name" in JSON.parse(first("post", "/v1/admin/projects")));
    for (const [path, operations] of Object.entries(json.paths as Record<string, Record<string, object>>)) {
      if ("put" in operations) assert.equal(first("put", path), "", path);
    }
  } finally {
    await rig.close();
  }
});
