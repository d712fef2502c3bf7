import type { GeoPlace } from "../../ports/geo.ts";

const countryPattern = /^[A-Z]{2}$/;
const regionPattern = /^[A-Z0-9]{1,3}$/;
const unknownCountry = "ZZ";

/** A place of what a database says, checked: no country that is none, no region that is no ISO 3166-2 code. */
export function placeOf(country: unknown, region: unknown): GeoPlace | null {
  if (typeof country !== "string" || !countryPattern.test(country) || country === unknownCountry) return null;
  return { country, region: typeof region === "string" && regionPattern.test(region) ? region : null };
}
