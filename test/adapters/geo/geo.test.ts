import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openBundledGeo } from "../../../adapters/geo/bundled.ts";
import { openMaxmindGeo } from "../../../adapters/geo/maxmind.ts";
import { geoSuite } from "../../contracts/geo.ts";
import { type MmdbNetwork, mmdbFile } from "./mmdb-file.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-geo-"));
const cityPath = join(folder, "city.mmdb");
const countryPath = join(folder, "country.mmdb");
const asnPath = join(folder, "asn.mmdb");

after(() => rmSync(folder, { recursive: true, force: true }));

const networks: readonly MmdbNetwork[] = [
  {
    cidr: "81.2.69.0/24",
    record: { country: { iso_code: "GB" }, subdivisions: [{ iso_code: "ENG" }, { iso_code: "LND" }] },
  },
  { cidr: "89.160.0.0/16", record: { country: { iso_code: "SE" } } },
  { cidr: "175.16.0.0/16", record: { country: { iso_code: "not a code" }, subdivisions: [{ iso_code: "22" }] } },
  { cidr: "10.0.0.0/8", record: { country: { iso_code: "FR" } } },
];
writeFileSync(cityPath, mmdbFile("GeoLite2-City", networks));
writeFileSync(countryPath, mmdbFile("GeoIP2-Country", networks));
writeFileSync(asnPath, mmdbFile("GeoLite2-ASN", networks));

geoSuite("bundled", openBundledGeo, [
  { ip: "8.8.8.8", place: { country: "US", region: null } },
  { ip: "194.25.2.129", place: { country: "DE", region: null } },
]);

geoSuite("MaxMind City", () => openMaxmindGeo(cityPath), [
  { ip: "81.2.69.142", place: { country: "GB", region: "ENG" } },
  { ip: "89.160.20.112", place: { country: "SE", region: null } },
]);

geoSuite("MaxMind Country", () => openMaxmindGeo(countryPath), [
  { ip: "81.2.69.142", place: { country: "GB", region: null } },
]);

describe("geo", () => {
  it("the bundled database knows IPv6, in every spelling of an address", async () => {
    const geo = await openBundledGeo();
    const spellings = [
      "2a00:1450:4001:82a::200e",
      "2A00:1450:4001:082A:0:0:0:200E",
      "2a00:1450:4001:82a:0:0:0.0.32.14",
    ];
    for (const ip of spellings) assert.equal(geo.locate(ip)?.country, geo.locate(spellings[0] as string)?.country);
    assert.match(geo.locate(spellings[0] as string)?.country ?? "", /^[A-Z]{2}$/);
  });

  it("the bundled database's attribution is what its licence asks for", async () => {
    assert.match((await openBundledGeo()).attribution, /^IP Geolocation by DB-IP \(https:\/\/db-ip\.com\)/);
  });

  it("a code in the database that is none is no place, nor is an address that is not in it", async () => {
    const geo = await openMaxmindGeo(cityPath);
    assert.equal(geo.locate("175.16.199.1"), null);
    assert.equal(geo.locate("1.1.1.1"), null);
  });

  it("a file that is no database, one of another kind, and none at all are refused when opened", async () => {
    const textPath = join(folder, "text.mmdb");
    writeFileSync(textPath, "no database");
    await assert.rejects(openMaxmindGeo(textPath), /is not a MaxMind database/);
    await assert.rejects(openMaxmindGeo(asnPath), /neither a City nor a Country database/);
    await assert.rejects(openMaxmindGeo(join(folder, "missing.mmdb")), /ENOENT/);
  });
});
