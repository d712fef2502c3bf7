// The names, sets and bounds of TikTok's Events API (path v1.3), as its documentation and its own library state them.
// Source: https://business-api.tiktok.com/portal/docs?id=1771101303285761

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const dayMs = 24 * hourMs;

export const trackPath = "/open_api/v1.3/event/track/";
export const eventsPerRequestMax = 1000;
export const requestsPerSecondMax = 1000;
export const dedupWindowMs = 48 * hourMs;
export const offlineEventAgeMsMax = 28 * dayMs;
/** No bound is documented: only a strict simulator refuses what is older. */
export const eventAgeMsMax = 7 * dayMs;
/** Seconds of the year 5138: what is greater is milliseconds. */
export const eventTimeSecondsMax = 100_000_000_000;

export const eventSources = ["web", "app", "offline", "crm"] as const;
export type EventSource = (typeof eventSources)[number];

export const eventNamePattern = /^[A-Za-z][A-Za-z0-9_-]{0,49}$/;

export const webEventNames: ReadonlySet<unknown> = new Set([
  ...["AddPaymentInfo", "AddToCart", "AddToWishlist", "ApplicationApproval", "CompleteRegistration", "Contact"],
  ...["CustomizeProduct", "Download", "FindLocation", "InitiateCheckout", "Lead", "Purchase", "Schedule", "Search"],
  ...["StartTrial", "SubmitApplication", "Subscribe", "ViewContent", "CompletePayment", "SubmitForm", "PlaceAnOrder"],
  "ClickButton",
]);

export const appEventNames: ReadonlySet<unknown> = new Set([
  ...["AchieveLevel", "AddPaymentInfo", "AddToCart", "AddToWishlist", "Checkout", "CompleteTutorial", "CreateGroup"],
  ...["CreateRole", "GenerateLead", "InAppADClick", "InAppADImpr", "InstallApp", "JoinGroup", "LaunchAPP"],
  ...["LoanApplication", "LoanApproval", "LoanDisbursal", "Login", "Purchase", "Rate", "Registration", "Search"],
  ...["SpendCredits", "StartTrial", "Subscribe", "UnlockAchievement", "ViewContent"],
]);

export const topKeys: ReadonlySet<string> = new Set([
  ...["event_source", "event_source_id", "test_event_code", "partner_name", "data"],
]);

export const eventKeys: ReadonlySet<string> = new Set([
  ...["event", "event_time", "event_id", "user", "properties", "page", "app", "ad", "lead", "limited_data_use"],
]);

/** Values under these keys of `user` are SHA-256 in lowercase hex, one or a list. */
export const hashedUserKeys: ReadonlySet<string> = new Set([
  ...["email", "phone", "external_id", "first_name", "last_name", "zip_code"],
]);

/** Values under these keys of `user` travel as they are. */
export const plainUserKeys: readonly string[] = [
  ...["city", "state", "country", "ttclid", "ttp", "ip", "user_agent", "locale", "idfa", "idfv", "gaid"],
];

export const attStatuses: ReadonlySet<unknown> = new Set([
  ...["AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"],
]);

export const contentTypes: ReadonlySet<unknown> = new Set(["product", "product_group"]);
export const textProperties: readonly string[] = [
  ...["query", "search_string", "description", "order_id", "shop_id", "delivery_category"],
];
export const numberProperties: readonly string[] = ["value", "predicted_ltv", "num_items"];
export const textsOfContent: readonly string[] = ["content_id", "content_name", "content_category", "brand"];
export const numbersOfContent: readonly string[] = ["price", "quantity"];

export const currencyPattern = /^[A-Z]{3}$/;
export const sha256Pattern = /^[0-9a-f]{64}$/;
/** SHA-256 of nothing: somebody hashed a field that was empty. */
export const sha256OfEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
