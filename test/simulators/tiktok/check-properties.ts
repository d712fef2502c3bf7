import { isObject, objectAt } from "../json.ts";
import {
  contentTypes,
  currencyPattern,
  numberProperties,
  numbersOfContent,
  textProperties,
  textsOfContent,
} from "./contract.ts";
import { type EventCheck, fault, firstUnfit, isNumber, isText, notNumber, notObject, notText } from "./rules.ts";

const checkShape: EventCheck = (event, scope) => {
  const properties = event["properties"];
  return properties === undefined || isObject(properties) ? null : fault(scope, "properties", notObject);
};

const checkPlain: EventCheck = (event, scope) => {
  const properties = objectAt(event, "properties");
  const noNumber = firstUnfit(properties, numberProperties, isNumber);
  if (noNumber !== undefined) return fault(scope, `properties.${noNumber}`, notNumber);
  const noText = firstUnfit(properties, textProperties, isText);
  if (noText !== undefined) return fault(scope, `properties.${noText}`, notText);
  const { currency, content_type: contentType } = properties;
  const isCurrency = isText(currency) && currencyPattern.test(currency);
  if (currency !== undefined && !isCurrency) return fault(scope, "properties.currency", "Not a valid choice");
  const isKnown = contentType === undefined || contentTypes.has(contentType);
  return isKnown ? null : fault(scope, "properties.content_type", "Not a valid choice");
};

const checkContentIds: EventCheck = (event, scope) => {
  const ids = objectAt(event, "properties")["content_ids"];
  if (ids === undefined) return null;
  if (!Array.isArray(ids)) return fault(scope, "properties.content_ids", "Not a valid list");
  const at = ids.findIndex((id) => !isText(id));
  return at < 0 ? null : fault(scope, `properties.content_ids.${at}`, notText);
};

const checkContents: EventCheck = (event, scope) => {
  const contents = objectAt(event, "properties")["contents"];
  if (contents === undefined) return null;
  if (!Array.isArray(contents)) return fault(scope, "properties.contents", "Not a valid list");
  for (const [index, content] of contents.entries()) {
    const found = faultOfContent(content);
    if (found !== null) return fault(scope, `properties.contents.${index}${found.member}`, found.why);
  }
  return null;
};

function faultOfContent(content: unknown): { member: string; why: string } | null {
  if (!isObject(content)) return { member: "", why: notObject };
  const noText = firstUnfit(content, textsOfContent, isText);
  if (noText !== undefined) return { member: `.${noText}`, why: notText };
  const noNumber = firstUnfit(content, numbersOfContent, isNumber);
  return noNumber === undefined ? null : { member: `.${noNumber}`, why: notNumber };
}

/** What is asked of `properties`; any other key of it may hold anything. */
export const propertyChecks: readonly EventCheck[] = [checkShape, checkPlain, checkContentIds, checkContents];
