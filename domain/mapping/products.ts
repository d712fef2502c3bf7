import { isObject, type JsonObject, textOf } from "../model/json/json.ts";
import { type FoldedMembers, firstOf, foldMembers, memberOf } from "./members.ts";
import { currencyOf, firstMoney, type Money } from "./money.ts";
import { innerProducts, productSpellings } from "./spellings.ts";
import { toldText } from "./told-text.ts";

export interface Product {
  readonly id: string;
  readonly name: string | null;
  readonly category: string | null;
  readonly brand: string | null;
  readonly quantity: number | null;
  readonly price: number | null;
  /** Of its price, where that says it. */
  readonly currency: string | null;
  /** Which of its members can't be read. */
  readonly unclear: readonly ("price" | "quantity")[];
}

const listedIds = [...productSpellings.id, ...productSpellings.listedId];

/** Folded keys of an event's own properties that describe its one product. */
export const ownProductKeys: readonly string[] = [
  ...productSpellings.id,
  ...["name", "productname", "itemname", "contentname", "brand", "itembrand", "productbrand"],
  ...["category", "itemcategory", "productcategory", "contentcategory"],
  ...[...productSpellings.price, ...productSpellings.quantity],
];

/** A product of a list; null where none is named. */
export function listedProduct(value: unknown, currency: string | null): Product | null {
  return isObject(value) ? productOf(withInner(value), listedIds, currency) : null;
}

/** The one product that an event itself describes, or that one of its members is; null if there is none. */
export function ownProduct(members: FoldedMembers, currency: string | null): Product | null {
  const own = productOf(members, productSpellings.id, currency);
  return own ?? firstOf(members, innerProducts, (value) => listedProduct(value, currency));
}

/** A line's own members first; its id is the line's where what it is about has another. */
function withInner(line: JsonObject): FoldedMembers {
  const members = foldMembers(line);
  const about = firstOf(members, innerProducts, (value) => (isObject(value) ? value : null));
  if (about === null) return members;
  const { id, ...rest } = line;
  const deeper = withoutNothing(memberOf(about, innerProducts));
  return foldMembers(rest, ...deeper, about, { id });
}

function withoutNothing(value: unknown): readonly JsonObject[] {
  return isObject(value) ? [value] : [];
}

function productOf(members: FoldedMembers, ids: readonly string[], currency: string | null): Product | null {
  const id = firstOf(members, ids, (value) => toldText(textOf(value), "id"));
  if (id === null) return null;
  const text = (keys: readonly string[]) => firstOf(members, keys, (value) => toldText(textOf(value), "words"));
  const ownCurrency = firstOf(members, ["currency", "currencycode"], currencyOf) ?? currency;
  const price = firstMoney(members, productSpellings.price, ownCurrency);
  const quantity = firstMoney(members, productSpellings.quantity, null);
  const count = quantity?.kind === "amount" && Number.isSafeInteger(quantity.amount) ? quantity.amount : null;
  return {
    id,
    name: text(productSpellings.name),
    category: text(productSpellings.category),
    brand: text(productSpellings.brand),
    quantity: count,
    price: price?.kind === "amount" ? price.amount : null,
    currency: price?.kind === "amount" ? (price.currency ?? ownCurrency) : ownCurrency,
    unclear: unclearOf(price, quantity),
  };
}

const allClear: Product["unclear"] = [];

function unclearOf(price: Money | null, quantity: Money | null): Product["unclear"] {
  if (price?.kind !== "unclear") return quantity?.kind === "unclear" ? ["quantity"] : allClear;
  return quantity?.kind === "unclear" ? ["price", "quantity"] : ["price"];
}
