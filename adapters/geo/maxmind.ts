import { readFile } from "node:fs/promises";
import { BadMethodCallError, Reader, type ReaderModel } from "@maxmind/geoip2-node";
import type { Geo, GeoPlace } from "../../ports/geo.ts";
import { publicAddress } from "./address.ts";
import { placeOf } from "./place.ts";

type Lookup = (address: string) => GeoPlace | null;

/** Any address will do: the reader checks the kind of its database before it looks anything up. */
const probeAddress = "192.0.2.1";

function answers(lookup: Lookup): boolean {
  try {
    lookup(probeAddress);
    return true;
  } catch (error) {
    return !(error instanceof BadMethodCallError);
  }
}

function lookupOf(reader: ReaderModel, path: string): Lookup {
  const byCity: Lookup = (address) => {
    const { country, subdivisions } = reader.city(address);
    return placeOf(country?.isoCode, subdivisions?.[0]?.isoCode);
  };
  const byCountry: Lookup = (address) => placeOf(reader.country(address).country?.isoCode, null);
  const lookup = [byCity, byCountry].find(answers);
  if (!lookup) throw new Error(`${path} is neither a City nor a Country database`);
  return lookup;
}

/**
 * Opens an operator's GeoLite2 or GeoIP2 file: City gives country and region, Country the country alone.
 *
 * The reader's errors carry the address, so none of them leaves here.
 * Errors: throws if the file can't be read, is no MaxMind database, or one of another kind.
 */
export async function openMaxmindGeo(path: string): Promise<Geo> {
  const content = await readFile(path);
  let reader: ReaderModel;
  try {
    reader = Reader.openBuffer(content);
  } catch {
    throw new Error(`${path} is not a MaxMind database`);
  }
  const lookup = lookupOf(reader, path);
  return {
    attribution: "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com",
    locate(ip) {
      try {
        const address = publicAddress(ip);
        return address === null ? null : lookup(address);
      } catch {
        return null;
      }
    },
  };
}
