import type { StoredEvent } from "../model/event/stored-event.ts";
import { holdsMask } from "../model/identity/masks.ts";
import { joinableId } from "../model/identity/placeholder-id.ts";
import { type JsonObject, objectAt, textAt, textOf } from "../model/json/json.ts";
import { rememberWords } from "./remember.ts";

/** A key without case and separators, as it is looked up in the tables below. */
export const foldKey = rememberWords((key) => key.toLowerCase().replace(/[^a-z0-9]/g, ""));

/** Folded keys of traits, properties and addresses whose values help a vendor to match. */
export const personKeys = {
  firstName: ["firstname", "fname", "givenname"],
  lastName: ["lastname", "lname", "surname", "familyname"],
  birthday: ["birthday", "birthdate", "dateofbirth", "dob"],
  gender: ["gender", "sex"],
  city: ["city", "town"],
  state: ["state", "province", "region"],
  zip: ["zip", "zipcode", "postalcode", "postcode"],
  country: ["country", "countrycode"],
} as const;
export type PersonKey = keyof typeof personKeys;
const keysOfField = Object.entries(personKeys) as readonly (readonly [PersonKey, readonly string[]])[];
const personal: ReadonlySet<string> = new Set(Object.values(personKeys).flat());

/** Objects of an order that say who pays for it: those of a delivery may be of whoever is given a present. */
const payers = ["billing_address", "billingAddress", "billing", "customer"];

const nameKeys: readonly string[] = [...personKeys.firstName, ...personKeys.lastName];

/**
 * What the event says of the person; traits win over properties, both over their addresses.
 *
 * Who pays for an order is asked where no other place names anybody: two people must not become one.
 * A `state` among the properties is more often an order's than a person's, and is not read. Nor is what the detector
 * masked something in: a name that was an email would be sent as the hash of the word `email`.
 */
export function personOf(event: StoredEvent): Partial<Record<PersonKey, string>> {
  const folded = foldedMembers(event);
  const person: Partial<Record<PersonKey, string>> = {};
  if (folded.size === 0) return person;
  for (const [field, keys] of keysOfField) {
    const given = keys.find((key) => folded.has(key));
    if (given !== undefined) person[field] = folded.get(given) as string;
  }
  return person;
}

/** The id that vendors know a person by: the user's, else the visitor's; a placeholder is nobody's. */
export function personIdOf(event: Pick<StoredEvent, "userId" | "anonymousId">): string | null {
  return joinableId(textOf(event.userId)) ?? joinableId(textOf(event.anonymousId));
}

function foldedMembers(event: StoredEvent): ReadonlyMap<string, string> {
  const places: readonly JsonObject[] = [event.traits, objectAt(event.context, "traits"), event.properties];
  const folded = new Map<string, string>();
  for (const place of [...places, ...places.map((parent) => objectAt(parent, "address"))]) {
    foldInto(folded, place, place === event.properties);
  }
  if (nameKeys.some((key) => folded.has(key))) return folded;
  for (const order of [event.properties, objectAt(event.properties, "order")]) {
    for (const name of payers) foldInto(folded, objectAt(order, name), false);
  }
  return folded;
}

function foldInto(folded: Map<string, string>, place: JsonObject, isProperties: boolean): void {
  for (const key of Object.keys(place)) {
    const plain = foldKey(key);
    if (!personal.has(plain) || folded.has(plain) || (isProperties && plain === "state")) continue;
    const text = textAt(place, key);
    if (text !== null && !holdsMask(text)) folded.set(plain, text);
  }
}
