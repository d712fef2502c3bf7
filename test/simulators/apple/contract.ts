// The addresses, bounds and payloads of Apple's attribution service, as its documentation states them.
// Source: https://developer.apple.com/documentation/adservices/aaattribution/attributiontoken()

import type { JsonObject } from "../json.ts";

const hourMs = 3_600_000;

export const exchangePath = "/api/v1/";
export const tokenLifeMs = 24 * hourMs;
/** A request is held this long before it is told that there is no record. */
export const notFoundHoldMs = 1_000;
/** No bound is documented; what is plainly no token is told so. */
export const tokenCharsMax = 4_096;
/** Not documented: a simulator needs some bound to answer 429 by. */
export const requestsPerSecondMax = 1_000;
export const tokenPattern = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** A record as Apple's page shows it. */
export const samplePayload: JsonObject = {
  attribution: true,
  orgId: 40669820,
  campaignId: 542370539,
  conversionType: "Download",
  claimType: "Click",
  clickDate: "2024-10-08T17:17Z",
  adGroupId: 542317095,
  countryOrRegion: "US",
  keywordId: 87675432,
  adId: 542317136,
  supplyPlacement: "SEARCH_RESULTS",
};

/** What every app gets that is signed for development. */
export const developmentPayload: JsonObject = {
  attribution: true,
  orgId: 1234567890,
  campaignId: 1234567890,
  conversionType: "Download",
  claimType: "Click",
  clickDate: "2020-04-08T17:17Z",
  adGroupId: 1234567890,
  countryOrRegion: "US",
  keywordId: 123222,
  adId: 542317136,
};

/** What is known of an install whose owner did not allow tracking: no dates. */
export function withoutDates(payload: JsonObject): JsonObject {
  const { clickDate: _click, impressionDate: _impression, ...rest } = payload;
  return rest;
}
