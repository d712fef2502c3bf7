/** Where a top-level member of a Layers event belongs in the envelope. One segment: it is renamed where it stands. */
export const layersFields: Readonly<Record<string, readonly string[]>> = {
  event_id: ["messageId"],
  app_user_id: ["userId"],
  user_id: ["userId"],
  install_id: ["anonymousId"],
  anonymous_id: ["anonymousId"],
  sent_at: ["sentAt"],
  session_id: ["context", "clientSessionId"],
  platform: ["context", "os", "name"],
  os_version: ["context", "os", "version"],
  device_model: ["context", "device", "model"],
  idfa: ["context", "device", "idfa"],
  idfv: ["context", "device", "idfv"],
  att_status: ["context", "device", "attStatus"],
  app_id: ["context", "app", "id"],
  app_version: ["context", "app", "version"],
  build_number: ["context", "app", "build"],
  locale: ["context", "locale"],
  environment: ["context", "environment"],
  utm_source: ["context", "campaign", "source"],
  utm_medium: ["context", "campaign", "medium"],
  utm_campaign: ["context", "campaign", "name"],
  utm_content: ["context", "campaign", "content"],
  utm_term: ["context", "campaign", "term"],
};

/** Beside `layersFields`, for a body of user properties. */
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
