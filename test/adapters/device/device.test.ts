import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openDevice, userAgentCharsMax } from "../../../adapters/device/device.ts";
import { versionFact } from "../../../adapters/device/fact.ts";
import { deviceSuite } from "../../contracts/device.ts";

deviceSuite("ua-parser-js and isbot", () => openDevice());
deviceSuite("without a cache worth its name", () => openDevice({ cacheEntriesMax: 1 }));

describe("device", () => {
  it("its cache never holds more than its bound", () => {
    const device = openDevice({ cacheEntriesMax: 3 });
    for (let i = 0; i < 50; i += 1) device.parse(`App/${i}`);
    assert.equal(device.cachedEntries(), 3);
  });

  it("a cached User-Agent is not parsed again while it is in use, and makes room when it is not", () => {
    const device = openDevice({ cacheEntriesMax: 2 });
    const first = device.parse("App/1");
    device.parse("App/2");
    assert.equal(device.parse("App/1"), first);
    device.parse("App/3");
    assert.equal(device.parse("App/1"), first);
    device.parse("App/4");
    device.parse("App/5");
    assert.notEqual(device.parse("App/1"), first);
  });

  it("what is beyond the bound is cut off before it is looked at", () => {
    const device = openDevice();
    const start = "A".repeat(userAgentCharsMax);
    assert.equal(device.parse(`${start} Googlebot/2.1`), device.parse(start));
  });

  it("the constant that Chromium says of every Android device is no model", () => {
    for (const mobile of ["Mobile ", ""]) {
      const userAgent = `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 ${mobile}Safari/537.36`;
      const { facts, json } = openDevice().parse(userAgent);
      assert.deepEqual([facts.model, facts.os, facts.browser], [null, "Android", "Chrome"]);
      assert.equal(new TextDecoder().decode(json ?? undefined).includes('"K"'), false);
    }
  });

  it("the system's version is read from Safari's where Safari freezes it", () => {
    const userAgent = (system: string, version: string) =>
      `Mozilla/5.0 (${system} like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) ${version}Mobile/15E148 Safari/604`;
    const versions = [
      ["iPhone; CPU iPhone OS 18_7", "Version/26.0 ", "26.0"],
      ["iPad; CPU OS 18_7", "Version/26.1.2 ", "26.1.2"],
      ["iPhone; CPU iPhone OS 18_6_2", "Version/26.0 ", "26.0"],
      ["iPhone; CPU iPhone OS 18_7_2", "Version/18.7 ", "18.7.2"],
      ["iPhone; CPU iPhone OS 17_1_2", "Version/17.1 ", "17.1.2"],
      ["iPhone; CPU iPhone OS 18_7", "", "18.7"],
    ] as const;
    for (const [system, version, expected] of versions) {
      const { facts } = openDevice().parse(userAgent(system, version));
      assert.deepEqual([facts.os, facts.osVersion], ["iOS", expected], system);
    }
  });

  it("a version never has the form of an address or a phone number", () => {
    assert.equal(versionFact("203.0.113.9", 3), "203.0");
    assert.equal(versionFact("17.1.2", 3), "17.1.2");
    assert.equal(versionFact("17.1.2", 2), "17.1");
    assert.equal(versionFact("491701234567", 3), null);
    assert.equal(versionFact("XP", 3), "XP");
    assert.equal(versionFact("anna@example.com", 3), null);
    assert.equal(versionFact(undefined, 3), null);
  });
});
