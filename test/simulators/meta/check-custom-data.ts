import { isObject, type JsonObject, objectAt } from "../json.ts";
import { invalidParameter, type Refusal } from "./answers.ts";
import { contentTypes, currencyPattern, deliveryCategories } from "./contract.ts";
import type { EventCheck } from "./rules.ts";

function isAmount(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function isCurrency(value: unknown): boolean {
  return typeof value === "string" && currencyPattern.test(value);
}

function isContent(value: unknown): boolean {
  if (!isObject(value)) return false;
  const category = value["delivery_category"];
  return category === undefined || deliveryCategories.has(category);
}

/** Only known keys have a shape; any other key may hold anything. */
const knownShapes: readonly [key: string, fits: (value: unknown) => boolean][] = [
  ["value", isAmount],
  ["currency", isCurrency],
  ["content_ids", Array.isArray],
  ["content_type", (value) => contentTypes.has(value)],
  ["contents", (value) => Array.isArray(value) && value.every(isContent)],
  ["num_items", (value) => Number.isSafeInteger(value)],
  ["predicted_ltv", isAmount],
  ["net_revenue", isAmount],
];

function checkPurchase(event: JsonObject): Refusal | null {
  if (event["event_name"] !== "Purchase") return null;
  const customData = objectAt(event, "custom_data");
  if (!isAmount(customData["value"])) return invalidParameter("Missing Value for Purchase Event", 2804009);
  if (!isCurrency(customData["currency"])) return invalidParameter("Missing Currency for Purchase Event", 2804009);
  return null;
}

function checkKnownShapes(event: JsonObject): Refusal | null {
  const customData = objectAt(event, "custom_data");
  for (const [key, fits] of knownShapes) {
    if (customData[key] !== undefined && !fits(customData[key])) return invalidParameter(`Invalid ${key}`);
  }
  return null;
}

/** What is asked of `custom_data`, in the vendor's order. */
export const customDataChecks: readonly EventCheck[] = [checkPurchase, checkKnownShapes];
