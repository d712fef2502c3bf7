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
  const data = freeData(properties);
  const add = (name: string, value: unknown) => {
    if (value !== null) data[name] = value;
  };
  add("value", commerce.value);
  add("currency", commerce.currency);
  add("content_ids", commerce.contentIds.length > 0 ? commerce.contentIds : null);
  add("contents", commerce.products.length > 0 ? commerce.products.map(contentOf) : null);
  add("content_type", commerce.contentType);
  add("content_name", commerce.contentName);
  add("content_category", commerce.contentCategory);
  add("order_id", commerce.orderId);
  add("num_items", commerce.itemsCount);
  add("search_string", commerce.search);
  add("predicted_ltv", commerce.predictedLtv);
  add("net_revenue", numberOf(own(properties, "net_revenue")));
  add("delivery_category", deliveryCategoryOf(properties));
  return data;
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
