const metaNames = [
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
  "MobileAppInstall",
  "PageView",
  "Purchase",
  "Schedule",
  "Search",
  "StartTrial",
  "SubmitApplication",
  "Subscribe",
  "ViewContent",
] as const;
type MetaName = (typeof metaNames)[number];

/** Names of Segment's ecommerce and mobile specifications, in snake case, that mean a standard event of Meta's. */
const fromSegment: Readonly<Record<string, MetaName>> = {
  application_installed: "MobileAppInstall",
  checkout_started: "InitiateCheckout",
  order_completed: "Purchase",
  payment_info_entered: "AddPaymentInfo",
  product_added: "AddToCart",
  product_added_to_wishlist: "AddToWishlist",
  product_customized: "CustomizeProduct",
  product_list_viewed: "ViewContent",
  product_viewed: "ViewContent",
  products_searched: "Search",
  signed_up: "CompleteRegistration",
  account_created: "CompleteRegistration",
  subscription_started: "Subscribe",
  trial_started: "StartTrial",
  trial_start: "StartTrial",
};

/** Snake-case event names → Meta's standard events; a name that is Meta's already stays. */
export const standardNames: ReadonlyMap<string, MetaName> = new Map<string, MetaName>([
  ...Object.entries(fromSegment),
  ...metaNames.map((name) => [name.replace(/(?<=.)([A-Z])/g, "_$1").toLowerCase(), name] as const),
]);

/** Whether a name is that of one of Meta's standard events. */
export function isStandardName(name: string): boolean {
  return (metaNames as readonly string[]).includes(name);
}
