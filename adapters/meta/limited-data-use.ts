import type { StoredEvent } from "../../domain/model/event/stored-event.ts";

const unitedStates = 1;
const locate = 0;

/** States whose law Meta knows, by their ISO 3166-2 part, to Meta's numbers. */
const stateCodes: Readonly<Record<string, number>> = {
  CA: 1000,
  CO: 1001,
  CT: 1002,
  FL: 1003,
  OR: 1004,
  TX: 1005,
  MT: 1006,
  DE: 1007,
  NE: 1008,
  NH: 1009,
  NJ: 1010,
  MN: 1011,
  MD: 1012,
  RI: 1013,
};

/**
 * Asks Meta to process an event under Limited Data Use, where the person was if that is known.
 *
 * Zeros leave the place to Meta, which has no address of the person and goes by the hashed country and state.
 * Source: https://developers.facebook.com/documentation/ads-commerce/marketing-api/overview/data-processing-options
 */
export function limitedDataUse(event: StoredEvent): Record<string, unknown> {
  const region = event.region?.toUpperCase() ?? "";
  const state = event.country === "US" && Object.hasOwn(stateCodes, region) ? stateCodes[region] : undefined;
  return {
    data_processing_options: ["LDU"],
    data_processing_options_country: state === undefined ? locate : unitedStates,
    data_processing_options_state: state ?? locate,
  };
}
