import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openApple } from "../../../adapters/apple/apple.ts";
import type { TokenAnswer } from "../../../domain/model/attribution.ts";
import { exchangePath } from "../../simulators/apple/contract.ts";
import { sampleNowMs, sampleToken } from "../../simulators/apple/samples.ts";
import { startAppleSimulator } from "../../simulators/apple/server.ts";
import type { JsonObject } from "../../simulators/json.ts";

/** What Apple answers to a token, and what becomes of it here. */
interface Golden {
  readonly answer: { readonly status: 200; readonly payload: JsonObject } | { readonly status: 400 | 404 };
  readonly outcome: TokenAnswer;
}

const folder = fileURLToPath(new URL("../../golden/apple/", import.meta.url));
const dayMs = 86_400_000;
const simulator = await startAppleSimulator({ now: () => sampleNowMs, knownOnly: true });
const apple = openApple({ baseUrl: simulator.url, clock: { nowMs: () => sampleNowMs } });

after(() => simulator.close());

describe("exchanges with Apple", () => {
  for (const file of readdirSync(folder).sort()) {
    it(`${file}: the token goes alone, and its answer comes to what it came to`, async () => {
      const { answer, outcome } = JSON.parse(readFileSync(folder + file, "utf8")) as Golden;
      simulator.reset();
      if (answer.status === 200) simulator.issueToken(sampleToken, { payload: answer.payload });
      else if (answer.status === 404) simulator.issueToken(sampleToken, { issuedAtMs: sampleNowMs - 2 * dayMs });
      assert.deepEqual(await apple.exchange(sampleToken), outcome);
      const [request, ...others] = simulator.requests();
      assert.ok(request && others.length === 0);
      assert.deepEqual([request.method, request.url], ["POST", exchangePath]);
      assert.equal(request.headers["content-type"], "text/plain");
      assert.equal("authorization" in request.headers, false);
      assert.equal(new TextDecoder().decode(request.body), sampleToken);
      assert.deepEqual(simulator.findings(), []);
    });
  }
});
