import { type JsonObject, numberOf, own, textAt, textOf } from "../../domain/model/json.ts";
import { commerceKeys, commerceOf, type Product, safeText } from "../../domain/model/vendor/commerce.ts";
import { isPersonalKey } from "./personal-keys.ts";

const freeKeysMax = 50;
const freeKeyCharsMax = 100;
const deliveryCategories: ReadonlySet<string> = new Set(["in_store", "curbside", "home_delivery"]);

/**
 * What an event is worth and what it is about, for Meta.
 *
 * Members that Meta knows are built one by one; of the other properties only plain values under keys that can't be
 * personal are passed on. Nested objects never are.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/custom-data
 */
export function customDataOf(properties: JsonObject): Record<string, unknown> {
  const commerce = commerceOf(properties);
  const known: Record<string, unknown> = {
    value: commerce.value,
    currency: commerce.currency,
    content_ids: commerce.contentIds.length > 0 ? commerce.contentIds : null,
    contents: commerce.products.length > 0 ? commerce.products.map(contentOf) : null,
    content_type: commerce.contentType,
    content_name: commerce.contentName,
    content_category: commerce.contentCategory,
    order_id: commerce.orderId,
    num_items: commerce.itemsCount,
    search_string: commerce.search,
    predicted_ltv: commerce.predictedLtv,
    net_revenue: numberOf(own(properties, "net_revenue")),
    delivery_category: deliveryCategoryOf(properties),
  };
  const given = Object.entries(known).filter(([, value]) => value !== null);
  return { ...freeData(properties), ...Object.fromEntries(given) };
}

function contentOf({ id, quantity, price }: Product): Record<string, unknown> {
  return { id, ...(quantity === null ? {} : { quantity }), ...(price === null ? {} : { item_price: price }) };
}

/** Meta's own library lets no other value pass. */
function deliveryCategoryOf(properties: JsonObject): string | null {
  const category = textAt(properties, "delivery_category")?.toLowerCase();
  return category !== undefined && deliveryCategories.has(category) ? category : null;
}

/** Properties that are read above, under their own name or another: they don't come again as free keys. */
function isRead(key: string): boolean {
  return commerceKeys.has(key) || key === "net_revenue" || key === "delivery_category";
}

function freeData(properties: JsonObject): Record<string, unknown> {
  const free: [string, unknown][] = [];
  for (const [key, value] of Object.entries(properties)) {
    if (free.length === freeKeysMax) break;
    if (isRead(key) || key.length > freeKeyCharsMax || key.includes("@") || isPersonalKey(key)) continue;
    const safe = typeof value === "string" ? safeText(textOf(value)) : value;
    if (typeof safe === "boolean" || typeof safe === "string" || numberOf(safe) !== null) free.push([key, safe]);
  }
  return Object.fromEntries(free);
}
