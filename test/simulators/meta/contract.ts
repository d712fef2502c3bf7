// The names, sets and bounds of Meta's Conversions API, as its documentation states them.
// Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Versions still served; an older one is deprecated, a newer one does not exist. */
export const versionOldest = 24;
export const versionNewest = 26;

export const eventsPerRequestMax = 1000;
export const eventAgeMsMax = 7 * dayMs;
export const physicalStoreEventAgeMsMax = 62 * dayMs;
export const eventAheadMsMax = minuteMs;
export const dedupWindowMs = 48 * hourMs;
export const installDedupWindowMs = 90 * dayMs;
export const eventNameCharsMax = 50;
export const customAppNamesMax = 1000;
export const extinfoStrings = 16;
export const partnerAgentCharsMax = 22;
export const partnerAgentLettersMin = 2;

export const standardEventNames: ReadonlySet<string> = new Set([
  "AddPaymentInfo",
  "AddToCart",
  "AddToWishlist",
  "CompleteRegistration",
  "Contact",
  "CustomizeProduct",
  "Donate",
  "FindLocation",
  "InitiateCheckout",
  "Lead",
  "PageView",
  "Purchase",
  "Schedule",
  "Search",
  "StartTrial",
  "SubmitApplication",
  "Subscribe",
  "ViewContent",
  "MobileAppInstall",
]);

export const installEventName = "MobileAppInstall";

/** What App Events accepts as a custom name. */
export const appEventNamePattern = /^[0-9a-zA-Z_][0-9a-zA-Z _-]{0,39}$/;

export const actionSources: ReadonlySet<unknown> = new Set([
  "email",
  "website",
  "app",
  "phone_call",
  "chat",
  "physical_store",
  "system_generated",
  "business_messaging",
  "other",
]);

export const messagingChannels: ReadonlySet<unknown> = new Set(["messenger", "whatsapp", "instagram"]);

export const eventKeys: ReadonlySet<string> = new Set([
  "event_name",
  "event_time",
  "event_id",
  "action_source",
  "user_data",
  "custom_data",
  "event_source_url",
  "app_data",
  "opt_out",
  "data_processing_options",
  "data_processing_options_country",
  "data_processing_options_state",
  "referrer_url",
  "customer_segmentation",
  "original_event_data",
  "attribution_data",
  "messaging_channel",
]);

/** 0 lets Meta locate the person; 1 is the United States. */
export const processingCountries: ReadonlySet<unknown> = new Set([0, 1]);
export const processingStates: ReadonlySet<unknown> = new Set([
  0, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
]);

/** Values under these keys are SHA-256 in lowercase hex, one or a list. */
export const hashedUserKeys: ReadonlySet<string> = new Set([
  "em",
  "ph",
  "fn",
  "ln",
  "db",
  "ge",
  "ct",
  "st",
  "zp",
  "country",
  "f5first",
  "f5last",
  "fi",
  "dobd",
  "dobm",
  "doby",
]);

/** Values under these keys travel as they are. */
export const plainUserKeys: ReadonlySet<string> = new Set([
  "external_id",
  "client_ip_address",
  "client_user_agent",
  "fbc",
  "fbp",
  "subscription_id",
  "fb_login_id",
  "lead_id",
  "page_id",
  "page_scoped_user_id",
  "ctwa_clid",
  "ig_account_id",
  "ig_sid",
  "anon_id",
  "madid",
  "app_user_id",
]);

export const integerUserKeys: readonly string[] = ["fb_login_id", "lead_id"];
export const appOnlyUserKeys: readonly string[] = ["anon_id", "madid"];

/** A person known only by a part of one of these sets can't be matched. */
export const tooLittleData: readonly ReadonlySet<string>[] = [
  new Set(["ct", "country", "st", "zp", "ge", "client_user_agent"]),
  new Set(["db", "client_user_agent"]),
  new Set(["fn", "ge"]),
  new Set(["ln", "ge"]),
];

export const appDataKeys: ReadonlySet<string> = new Set([
  "advertiser_tracking_enabled",
  "application_tracking_enabled",
  "extinfo",
  "campaign_ids",
  "install_referrer",
  "installer_package",
  "url_schemes",
  "vendor_id",
  "windows_attribution_id",
]);

export const extinfoVersions: ReadonlySet<unknown> = new Set(["i2", "a2"]);
export const extinfoOsVersionAt = 4;

export const contentTypes: ReadonlySet<unknown> = new Set(["product", "product_group"]);
export const deliveryCategories: ReadonlySet<unknown> = new Set(["in_store", "curbside", "home_delivery"]);

export const sha256Pattern = /^[0-9a-f]{64}$/;
/** SHA-256 of nothing: somebody hashed a field that was empty. */
export const sha256OfEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
export const fbcPattern = /^fb\.\d+\.\d{13}\.[^.\s]+(?:\.[^.\s]+)?$/;
export const fbpPattern = /^fb\.\d+\.\d{13}\.\d+(?:\.[^.\s]+)?$/;
export const madidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const currencyPattern = /^[A-Za-z]{3}$/;
