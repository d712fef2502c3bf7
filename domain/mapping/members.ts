import { isObject, type JsonObject, own } from "../model/json/json.ts";
import { foldKey } from "./person.ts";

/** Members by their keys without case and separators, each with every value that stands under one of its spellings. */
export type FoldedMembers = ReadonlyMap<string, readonly unknown[]>;

/** Folds the keys of several objects; what an earlier one says comes first. */
export function foldMembers(...objects: readonly JsonObject[]): FoldedMembers {
  const folded = new Map<string, unknown[]>();
  for (const object of objects) {
    for (const key of Object.keys(object)) {
      const plain = foldKey(key);
      if (plain === "") continue;
      const values = folded.get(plain);
      if (values === undefined) folded.set(plain, [own(object, key)]);
      else values.push(own(object, key));
    }
  }
  return folded;
}

/** What `read` makes of the first value under the first of the keys that it makes something of; null if of none. */
export function firstOf<T>(
  members: FoldedMembers,
  keys: readonly string[],
  read: (value: unknown, key: string) => T | null,
): T | null {
  for (const key of keys) {
    const values = members.get(key);
    if (values === undefined) continue;
    for (const value of values) {
      const made = read(value, key);
      if (made !== null) return made;
    }
  }
  return null;
}

/** The member under the first of the folded keys that an object has; undefined if it has none. */
export function memberOf(object: JsonObject, keys: readonly string[]): unknown {
  const given = Object.keys(object);
  for (const key of keys) {
    const found = given.find((name) => foldKey(name) === key);
    if (found !== undefined) return own(object, found);
  }
  return undefined;
}

/** An object's member that is an object too; null if it is none. */
export function asObject(value: unknown): JsonObject | null {
  return isObject(value) ? value : null;
}
