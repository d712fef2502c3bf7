/** Beside `layersFields` (domain/model), for a body of user properties. */
export const layersIdentifyFields: Readonly<Record<string, readonly string[]>> = {
  properties: ["traits"],
  user_properties: ["traits"],
};

/** Beside `layersFields`, for a body that states consent. */
export const layersConsentFields: Readonly<Record<string, readonly string[]>> = {
  consent: ["context", "consent"],
  advertising: ["context", "consent", "advertising"],
  analytics: ["context", "consent", "analytics"],
};

/** Values of att_status under which an idfa may be kept. */
export const attAuthorized: readonly string[] = ["authorized", "authorised", "3"];
