import { snakeCase } from "../../domain/mapping/event-name.ts";

/** Where TikTok is told that events happen, of those that it lets a relay like this one report. */
export const eventSources = ["web", "app"] as const;
export type EventSource = (typeof eventSources)[number];

const webNames = [
  ...["AddPaymentInfo", "AddToCart", "AddToWishlist", "ApplicationApproval", "CompleteRegistration", "Contact"],
  ...["CustomizeProduct", "Download", "FindLocation", "InitiateCheckout", "Lead", "Purchase", "Schedule", "Search"],
  ...["StartTrial", "SubmitApplication", "Subscribe", "ViewContent"],
];

const appNames = [
  ...["AchieveLevel", "AddPaymentInfo", "AddToCart", "AddToWishlist", "Checkout", "CompleteTutorial", "CreateGroup"],
  ...["CreateRole", "GenerateLead", "InAppADClick", "InAppADImpr", "InstallApp", "JoinGroup", "LaunchAPP"],
  ...["LoanApplication", "LoanApproval", "LoanDisbursal", "Login", "Purchase", "Rate", "Registration", "Search"],
  ...["SpendCredits", "StartTrial", "Subscribe", "UnlockAchievement", "ViewContent"],
];

/** Names of Segment's specifications, and usual ones, in snake case, that mean the same on the web and in apps. */
const fromBoth: Readonly<Record<string, string>> = {
  order_completed: "Purchase",
  payment_completed: "Purchase",
  payment_info_entered: "AddPaymentInfo",
  product_added: "AddToCart",
  product_added_to_wishlist: "AddToWishlist",
  product_list_viewed: "ViewContent",
  product_viewed: "ViewContent",
  products_searched: "Search",
  subscription_started: "Subscribe",
  trial_started: "StartTrial",
  trial_start: "StartTrial",
};

const fromWeb: Readonly<Record<string, string>> = {
  account_created: "CompleteRegistration",
  application_submitted: "SubmitApplication",
  checkout_started: "InitiateCheckout",
  lead_generated: "Lead",
  product_customized: "CustomizeProduct",
  registration: "CompleteRegistration",
  signed_up: "CompleteRegistration",
};

const fromApps: Readonly<Record<string, string>> = {
  account_created: "Registration",
  application_installed: "InstallApp",
  application_opened: "LaunchAPP",
  checkout_started: "Checkout",
  complete_registration: "Registration",
  initiate_checkout: "Checkout",
  lead: "GenerateLead",
  lead_generated: "GenerateLead",
  level_completed: "AchieveLevel",
  logged_in: "Login",
  signed_in: "Login",
  signed_up: "Registration",
  tutorial_completed: "CompleteTutorial",
};

function tableOf(names: readonly string[], aliases: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const own = names.map((name) => [snakeCase(name), name] as const);
  return new Map([...Object.entries(fromBoth), ...Object.entries(aliases), ...own]);
}

/** Snake-case event names → TikTok's standard events, by the kind of source; the two lists differ. */
export const standardNames: Readonly<Record<EventSource, ReadonlyMap<string, string>>> = {
  web: tableOf(webNames, fromWeb),
  app: tableOf(appNames, fromApps),
};

const names: Readonly<Record<EventSource, ReadonlySet<unknown>>> = {
  web: new Set(webNames),
  app: new Set(appNames),
};

/**
 * Whether TikTok knows a name as a standard event, whose conversions it can optimise for.
 *
 * Source: https://ads.tiktok.com/help/article/supported-standard-events
 */
export function isStandardName(source: EventSource, name: unknown): boolean {
  return names[source].has(name);
}
