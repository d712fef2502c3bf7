import { type Commerce, commerceKeys } from "../../domain/mapping/commerce.ts";
import { foldKey } from "../../domain/mapping/person.ts";
import type { Product } from "../../domain/mapping/products.ts";
import { toldFreely } from "../../domain/mapping/told-freely.ts";
import type { JsonObject } from "../../domain/model/json/json.ts";
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
export function customDataOf(properties: JsonObject, commerce: Commerce): Record<string, unknown> {
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
  add("net_revenue", commerce.netRevenue);
  add("delivery_category", deliveryCategoryOf(commerce.deliveryCategory));
  return data;
}

function contentOf({ id, quantity, price }: Product): Record<string, unknown> {
  return { id, ...(quantity === null ? {} : { quantity }), ...(price === null ? {} : { item_price: price }) };
}

/** Meta's own library lets no other value pass. */
function deliveryCategoryOf(given: string | null): string | null {
  const category = given?.toLowerCase() ?? "";
  return deliveryCategories.has(category) ? category : null;
}

/** What `commerceOf` reads, under its own name or another, doesn't come again as a free key. */
function freeData(properties: JsonObject): Record<string, unknown> {
  const free: [string, unknown][] = [];
  for (const [key, value] of Object.entries(properties)) {
    if (free.length === freeKeysMax) break;
    if (key.length > freeKeyCharsMax || commerceKeys.has(foldKey(key)) || isPersonalKey(key)) continue;
    const told = toldFreely(key, value);
    if (told !== null) free.push([key, told]);
  }
  return Object.fromEntries(free);
}
