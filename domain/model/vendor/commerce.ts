import { isObject, type JsonObject, numberOf, own, textAt, textOf } from "../json.ts";

const textCharsMax = 500;
const productsMax = 200;

const contentTypes: ReadonlySet<string> = new Set(["product", "product_group"]);
const currencyPattern = /^[A-Za-z]{3}$/;

export interface Product {
  readonly id: string;
  readonly name: string | null;
  readonly category: string | null;
  readonly brand: string | null;
  readonly quantity: number | null;
  readonly price: number | null;
}

/** What an event of a shop says, whichever of the field's spellings it uses; null for what it does not say. */
export interface Commerce {
  readonly value: number | null;
  readonly currency: string | null;
  readonly products: readonly Product[];
  /** Of the products, or those that are named without them. */
  readonly contentIds: readonly string[];
  readonly contentType: string | null;
  readonly contentName: string | null;
  readonly contentCategory: string | null;
  readonly orderId: string | null;
  readonly itemsCount: number | null;
  readonly search: string | null;
  readonly predictedLtv: number | null;
}

/** Keys of properties that `commerceOf` reads. */
export const commerceKeys: ReadonlySet<string> = new Set([
  ...["value", "revenue", "total", "price", "quantity", "currency", "products", "contents", "content_ids"],
  ...["content_type", "content_name", "content_category", "category", "product_id", "sku", "name", "order_id"],
  ...["num_items", "search_string", "query", "predicted_ltv"],
]);

/**
 * Reads what an event is worth and what it is about once for every vendor, so that all hear the same.
 *
 * Source: https://segment.com/docs/connections/spec/ecommerce/v2/, and the vendors' own names for the same things
 */
export function commerceOf(properties: JsonObject): Commerce {
  const products = productsOf(properties);
  const contentIds = products.length > 0 ? products.map(({ id }) => id) : idsOf(own(properties, "content_ids"));
  const contentType = textAt(properties, "content_type") ?? "";
  return {
    value: worthOf(properties),
    currency: currencyOf(properties),
    products,
    contentIds,
    contentType: contentTypes.has(contentType) ? contentType : contentIds.length > 0 ? "product" : null,
    contentName: safeText(textAt(properties, "content_name") ?? productNameOf(properties)),
    contentCategory: safeText(textAt(properties, "content_category", "category")),
    orderId: safeText(textAt(properties, "order_id")),
    itemsCount: itemsOf(properties, products),
    search: safeText(textAt(properties, "search_string", "query")),
    predictedLtv: numberOf(own(properties, "predicted_ltv")),
  };
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
function productsOf(properties: JsonObject): Product[] {
  const listed = own(properties, "products") ?? own(properties, "contents");
  const products = Array.isArray(listed)
    ? listed.slice(0, productsMax).map((product) => productOf(product, listedIdKeys))
    : [productOf(properties, ownIdKeys)];
  return products.filter((product) => product !== null);
}

function productOf(product: unknown, idKeys: readonly string[]): Product | null {
  if (!isObject(product)) return null;
  const id = safeText(textAt(product, ...idKeys));
  if (id === null) return null;
  const quantity = numberOf(own(product, "quantity"));
  return {
    id,
    name: safeText(textAt(product, "name", "content_name")),
    category: safeText(textAt(product, "category", "content_category")),
    brand: safeText(textAt(product, "brand")),
    quantity: quantity !== null && Number.isSafeInteger(quantity) ? quantity : null,
    price: numberOf(own(product, "item_price")) ?? numberOf(own(product, "price")),
  };
}

function idsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, productsMax)
    .map((id) => safeText(textOf(id)))
    .filter((id) => id !== null);
}

/** A `name` is the product's only where a product is named too; else it may be a person's. */
function productNameOf(properties: JsonObject): string | null {
  return textAt(properties, "product_id", "sku") === null ? null : textAt(properties, "name");
}

function itemsOf(properties: JsonObject, products: readonly Product[]): number | null {
  const given = numberOf(own(properties, "num_items"));
  if (given !== null) return Number.isSafeInteger(given) ? given : null;
  if (products.length === 0) return null;
  const sum = products.reduce((total, { quantity }) => total + (quantity ?? 1), 0);
  return Number.isSafeInteger(sum) ? sum : null;
}

/** Text that may leave: short, and without the sign that every email has. */
export function safeText(text: string | null): string | null {
  return text === null || text.length > textCharsMax || text.includes("@") ? null : text;
}
