import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openDevice, userAgentCharsMax } from "../../adapters/device/device.ts";
import { versionFact } from "../../adapters/device/fact.ts";
import { deviceSuite } from "../contracts/device.ts";

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
