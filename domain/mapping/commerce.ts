import { isObject, type JsonObject, textOf } from "../model/json/json.ts";
import { readIds, readObjects } from "./lists.ts";
import { type FoldedMembers, firstOf, foldMembers } from "./members.ts";
import { currencyOf, firstMoney, type Money } from "./money.ts";
import { foldKey } from "./person.ts";
import { listedProduct, ownProduct, ownProductKeys, type Product } from "./products.ts";
import { commerceSpellings, containers } from "./spellings.ts";
import { toldText } from "./told-text.ts";

const productsMax = 200;
const contentTypes: ReadonlySet<string> = new Set(["product", "product_group"]);

/** What of an event of a shop is there and can't be told, because it can be read in two ways or not at all. */
export type Unclear = (typeof unclearNames)[number];
const unclearNames = ["value", "currency", "contents", "price", "quantity", "predicted_ltv", "net_revenue"] as const;

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
  readonly netRevenue: number | null;
  readonly deliveryCategory: string | null;
  readonly unclear: readonly Unclear[];
}

/** Objects whose own `id` is the order's, and its keys there. */
const orders: ReadonlySet<string> = new Set(["order", "transaction", "purchase", "actionfield"]);
const idsOfOrder = ["id", "number"];

/**
 * Folded keys of properties that `commerceOf` reads: they are told under the vendor's own names, and not a second time
 * under the sender's. What stands in for a value that is missing may also be told as it is.
 */
export const commerceKeys: ReadonlySet<string> = new Set<string>([
  ...Object.entries(commerceSpellings).flatMap(([name, list]) => (name === "laterValue" ? [] : list)),
  ...[...ownProductKeys, "contenttype", "predictedltv", "netrevenue", "deliverycategory"],
]);

/**
 * Reads what an event is worth and what it is about once for every vendor, so that all hear the same.
 *
 * Keys count whatever their case and separators. Properties come before what stands in an order, a cart or GA4's
 * `ecommerce` among them.
 */
export function commerceOf(properties: JsonObject): Commerce {
  const nested = nestedObjects(properties);
  const members = foldMembers(properties, ...nested.map(({ object }) => object));
  const worth = worthOf(members);
  const listed = productsOf(members, worth.currency);
  const own = listed.products.length > 0 ? null : ownProduct(members, worth.currency);
  const products = own === null ? listed.products : [own];
  const contentIds = products.length > 0 ? products.map(({ id }) => id) : idsOf(members, listed.ids);
  const contentType = firstOf(members, ["contenttype"], textOf) ?? "";
  const predictedLtv = firstMoney(members, ["predictedltv"], worth.currency);
  const netRevenue = firstMoney(members, ["netrevenue"], worth.currency);
  const value = worth.value ?? priceOf(members, worth.currency) ?? priceOfProduct(own);
  return {
    value: amountOf(value),
    currency: worth.currency ?? currencyIn(value) ?? currencyOfAll(products),
    products,
    contentIds,
    contentType: contentTypes.has(contentType) ? contentType : contentIds.length > 0 ? "product" : null,
    contentName: wordsOf(members, commerceSpellings.contentName) ?? own?.name ?? null,
    contentCategory: wordsOf(members, commerceSpellings.contentCategory),
    orderId: idOf(members, commerceSpellings.orderId) ?? idOfOrder(nested),
    itemsCount: itemsOf(members, products),
    search: wordsOf(members, commerceSpellings.search),
    predictedLtv: amountOf(predictedLtv),
    netRevenue: amountOf(netRevenue),
    deliveryCategory: firstOf(members, ["deliverycategory"], textOf),
    unclear: unclearOf(products, {
      value: value?.kind === "unclear",
      currency: worth.oddCurrency,
      contents: listed.unclear,
      predicted_ltv: predictedLtv?.kind === "unclear",
      net_revenue: netRevenue?.kind === "unclear",
    }),
  };
}

const allClear: readonly Unclear[] = [];

function unclearOf(
  products: readonly Product[],
  rest: Readonly<Partial<Record<Unclear, boolean>>>,
): readonly Unclear[] {
  const isUnclear = (name: Unclear) =>
    name === "price" || name === "quantity"
      ? products.some(({ unclear }) => unclear.includes(name))
      : rest[name] === true;
  return unclearNames.some(isUnclear) ? unclearNames.filter(isUnclear) : allClear;
}

interface Nested {
  readonly name: string;
  readonly object: JsonObject;
}

/** Objects of orders and carts, two levels deep at most. */
function nestedObjects(properties: JsonObject): Nested[] {
  const within = (parent: JsonObject): Nested[] => {
    const found: Nested[] = [];
    for (const key of Object.keys(parent)) {
      const value = parent[key];
      const mayBe = typeof value === "string" ? value.startsWith("{") : isObject(value);
      const name = mayBe ? foldKey(key) : "";
      if (!containers.includes(name)) continue;
      const object = isObject(value) ? value : readObjects(value).items[0];
      if (isObject(object)) found.push({ name, object });
    }
    return found.sort((a, b) => containers.indexOf(a.name) - containers.indexOf(b.name));
  };
  return within(properties).flatMap((first) => [
    first,
    ...within(first.object).flatMap((second) => [second, ...within(second.object)]),
  ]);
}

interface Worth {
  readonly value: Money | null;
  readonly currency: string | null;
  readonly oddCurrency: boolean;
}

/** `amount` may be of anything, and is one of money beside a currency only. */
function worthOf(members: FoldedMembers): Worth {
  const currency = firstOf(members, commerceSpellings.currency, currencyOf);
  const given = firstOf(members, commerceSpellings.currency, textOf);
  const later = [...commerceSpellings.laterValue, ...(currency === null ? [] : ["amount"])];
  const value = firstMoney(members, commerceSpellings.value, currency) ?? firstMoney(members, later, currency);
  return { value, currency, oddCurrency: given !== null && currency === null };
}

/** What one product costs, as often as it was taken. */
function priceOf(members: FoldedMembers, currency: string | null): Money | null {
  const price = firstMoney(members, ["price", "itemprice", "unitprice"], currency);
  if (price?.kind !== "amount") return price;
  const quantity = firstMoney(members, ["quantity", "qty"], null);
  if (quantity?.kind === "unclear") return quantity;
  const amount = price.amount * (quantity?.amount ?? 1);
  return Number.isFinite(amount) ? { ...price, amount } : { kind: "unclear" };
}

function priceOfProduct(product: Product | null): Money | null {
  if (product === null || product.price === null || product.unclear.length > 0) return null;
  const amount = product.price * (product.quantity ?? 1);
  return Number.isFinite(amount) ? { kind: "amount", amount, currency: product.currency } : null;
}

function amountOf(money: Money | null): number | null {
  return money?.kind === "amount" ? money.amount : null;
}

function currencyIn(money: Money | null): string | null {
  return money?.kind === "amount" ? money.currency : null;
}

/** The currency of all products, if they have one and the same. */
function currencyOfAll(products: readonly Product[]): string | null {
  const [first] = products;
  if (first === undefined) return null;
  return products.every(({ currency }) => currency === first.currency) ? first.currency : null;
}

interface ListedProducts {
  readonly products: readonly Product[];
  /** What stands in a product list that holds nothing but ids. */
  readonly ids: readonly unknown[];
  readonly unclear: boolean;
}

/** The first list with a product in it; a list of plain ids counts where no list has one. */
function productsOf(members: FoldedMembers, currency: string | null): ListedProducts {
  let ids: readonly unknown[] = [];
  let unclear = false;
  for (const key of commerceSpellings.lists) {
    for (const value of members.get(key) ?? []) {
      const listed = readObjects(value);
      unclear ||= listed.unclear;
      const items = listed.items.slice(0, productsMax);
      const products = items.map((item) => listedProduct(item, currency)).filter((product) => product !== null);
      if (products.length > 0) return { products, ids, unclear: false };
      if (ids.length === 0 && items.every((item) => textOf(item) !== null)) ids = items;
    }
  }
  return { products: [], ids, unclear };
}

function idsOf(members: FoldedMembers, listed: readonly unknown[]): string[] {
  const told = (items: readonly unknown[]) =>
    items
      .slice(0, productsMax)
      .map((id) => toldText(textOf(id), "id"))
      .filter((id) => id !== null);
  const ids = firstOf(members, commerceSpellings.ids, (value) => {
    const found = told(readIds(value).items);
    return found.length > 0 ? found : null;
  });
  return ids ?? told(listed);
}

function idOf(members: FoldedMembers, names: readonly string[]): string | null {
  return firstOf(members, names, (value) => toldText(textOf(value), "id"));
}

function idOfOrder(nested: readonly Nested[]): string | null {
  for (const { name, object } of nested) {
    const id = orders.has(name) ? idOf(foldMembers(object), idsOfOrder) : null;
    if (id !== null) return id;
  }
  return null;
}

function wordsOf(members: FoldedMembers, names: readonly string[]): string | null {
  return firstOf(members, names, (value) => toldText(textOf(value), "words"));
}

function itemsOf(members: FoldedMembers, products: readonly Product[]): number | null {
  const given = firstMoney(members, commerceSpellings.itemsCount, null);
  if (given !== null) return given.kind === "amount" && Number.isSafeInteger(given.amount) ? given.amount : null;
  if (products.length === 0) return null;
  const sum = products.reduce((total, { quantity }) => total + (quantity ?? 1), 0);
  return Number.isSafeInteger(sum) ? sum : null;
}

/** What a dry run and the log say of what can't be told: codes, never what was sent. */
export function warningsOf({ unclear }: Commerce): { readonly warnings?: readonly string[] } {
  return unclear.length === 0 ? {} : { warnings: unclear.map((name) => `${name}_unclear`) };
}
