import type { JsonObject } from "./json.ts";
import { isObject, numberOf, own, textAt, textOf } from "./json.ts";
import { isPersonalKey } from "./personal-keys.ts";

const freeKeysMax = 50;
const freeKeyCharsMax = 100;
const freeValueCharsMax = 500;
const contentsMax = 200;

const contentTypes: ReadonlySet<string> = new Set(["product", "product_group"]);
const currencyPattern = /^[A-Za-z]{3}$/;

/** Properties that are read below, under their own name or another: they don't come again as free keys. */
const readKeys: ReadonlySet<string> = new Set([
  ...["value", "revenue", "total", "price", "quantity", "currency", "products", "contents", "content_ids"],
  ...["content_type", "content_name", "content_category", "category", "product_id", "sku", "name", "order_id"],
  ...["num_items", "search_string", "query", "predicted_ltv", "net_revenue"],
]);

/**
 * What an event is worth and what it is about, for Meta.
 *
 * Members that Meta knows are built one by one; of the other properties only plain values under keys that can't be
 * personal are passed on. Nested objects never are.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/custom-data
 */
export function customDataOf(properties: JsonObject): Record<string, unknown> {
  const contents = contentsOf(properties);
  const ids = contents.length > 0 ? contents.map((content) => content.id) : idsOf(own(properties, "content_ids"));
  const contentType = textAt(properties, "content_type") ?? "";
  const known: Record<string, unknown> = {
    value: worthOf(properties),
    currency: currencyOf(properties),
    content_ids: ids.length > 0 ? ids : null,
    contents: contents.length > 0 ? contents : null,
    content_type: contentTypes.has(contentType) ? contentType : ids.length > 0 ? "product" : null,
    content_name: safeText(textAt(properties, "content_name") ?? productNameOf(properties)),
    content_category: safeText(textAt(properties, "content_category", "category")),
    order_id: safeText(textAt(properties, "order_id")),
    num_items: itemsOf(properties, contents),
    search_string: safeText(textAt(properties, "search_string", "query")),
    predicted_ltv: numberOf(own(properties, "predicted_ltv")),
    net_revenue: numberOf(own(properties, "net_revenue")),
  };
  const given = Object.entries(known).filter(([, value]) => value !== null);
  return { ...freeData(properties), ...Object.fromEntries(given) };
}

interface Content {
  readonly id: string;
  readonly quantity?: number;
  readonly item_price?: number;
}

function worthOf(properties: JsonObject): number | null {
  for (const key of ["value", "revenue", "total"]) {
    const value = numberOf(own(properties, key));
    if (value !== null) return value;
  }
  const price = numberOf(own(properties, "price"));
  return price === null ? null : numberOf(price * (numberOf(own(properties, "quantity")) ?? 1));
}

function currencyOf(properties: JsonObject): string | null {
  const currency = textAt(properties, "currency");
  return currency !== null && currencyPattern.test(currency) ? currency.toUpperCase() : null;
}

/** `id` is a product's only in a list of products; at the top of an event it may be anybody's. */
const listedIdKeys = ["product_id", "sku", "content_id", "id"];
const ownIdKeys = ["product_id", "sku"];

/** The products of an order or a list, or the one product that the event itself describes. */
function contentsOf(properties: JsonObject): Content[] {
  const listed = own(properties, "products") ?? own(properties, "contents");
  const contents = Array.isArray(listed)
    ? listed.slice(0, contentsMax).map((product) => contentOf(product, listedIdKeys))
    : [contentOf(properties, ownIdKeys)];
  return contents.filter((content) => content !== null);
}

function contentOf(product: unknown, idKeys: readonly string[]): Content | null {
  if (!isObject(product)) return null;
  const id = safeText(textAt(product, ...idKeys));
  if (id === null) return null;
  const quantity = numberOf(own(product, "quantity"));
  const price = numberOf(own(product, "item_price")) ?? numberOf(own(product, "price"));
  return {
    id,
    ...(quantity !== null && Number.isSafeInteger(quantity) ? { quantity } : {}),
    ...(price === null ? {} : { item_price: price }),
  };
}

function idsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, contentsMax)
    .map((id) => safeText(textOf(id)))
    .filter((id) => id !== null);
}

/** A `name` is the product's only where a product is named too; else it may be a person's. */
function productNameOf(properties: JsonObject): string | null {
  return textAt(properties, "product_id", "sku") === null ? null : textAt(properties, "name");
}

function itemsOf(properties: JsonObject, contents: readonly Content[]): number | null {
  const given = numberOf(own(properties, "num_items"));
  if (given !== null) return Number.isSafeInteger(given) ? given : null;
  if (contents.length === 0) return null;
  const sum = contents.reduce((total, content) => total + (content.quantity ?? 1), 0);
  return Number.isSafeInteger(sum) ? sum : null;
}

/** Text that may leave: short, and without the sign that every email has. */
function safeText(text: string | null): string | null {
  return text === null || text.length > freeValueCharsMax || text.includes("@") ? null : text;
}

function freeData(properties: JsonObject): Record<string, unknown> {
  const free: [string, unknown][] = [];
  for (const [key, value] of Object.entries(properties)) {
    if (free.length === freeKeysMax) break;
    if (readKeys.has(key) || key.length > freeKeyCharsMax || key.includes("@") || isPersonalKey(key)) continue;
    const safe = typeof value === "string" ? safeText(textOf(value)) : value;
    if (typeof safe === "boolean" || typeof safe === "string" || numberOf(safe) !== null) free.push([key, safe]);
  }
  return Object.fromEntries(free);
}
