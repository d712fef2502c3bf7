import type { TokenAnswer } from "../domain/model/attribution.ts";

/** Apple's attribution service: a device's token in, the ad that its install came from out. */
export interface Attribution {
  /** One request, within `requestMsMax`. Never throws; asking again with the same token changes nothing at Apple. */
  exchange(token: string): Promise<TokenAnswer>;
}
