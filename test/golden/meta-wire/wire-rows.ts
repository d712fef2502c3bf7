import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";

export type Members = Readonly<Record<string, unknown>>;

/** One member of `user_data` that Meta's library was given, and what it sent for it; a throw sends nothing at all. */
export interface UserRow {
  readonly field: string;
  readonly input: unknown;
  readonly throws?: true;
  readonly sent?: unknown;
  /** The texts that the hashes are of, where the library hashed. */
  readonly hashed?: readonly string[];
}

/** One member of `custom_data` that the library was given, and the custom data it sent. */
export interface CustomRow {
  readonly key: string;
  readonly input: unknown;
  readonly throws?: true;
  readonly sent?: Members;
}

/** What the library was told beside the plain event, how we are told the same, and the event that the library sent. */
export interface EventRow {
  readonly name: string;
  readonly input: Members;
  readonly ours: { readonly config?: Members; readonly event?: Partial<StoredEvent> };
  readonly sent: Members;
}

/** A whole request as it went over the wire. */
export interface RequestRow {
  readonly name: string;
  readonly input: Members;
  readonly sent: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Members & { readonly data: readonly Members[] };
  };
}

/** Where we mean to differ, and why: each row is a recorded row's key with what is sent of ours after it. */
export interface Difference {
  readonly name: string;
  readonly why: string;
  readonly rows: readonly (readonly unknown[])[];
}

function read(file: string) {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
}

export const userRows: readonly UserRow[] = read("user-data.json").rows;
export const customRows: readonly CustomRow[] = read("custom-data.json").rows;
export const eventRows: readonly EventRow[] = read("events.json").rows;
export const requestRows: readonly RequestRow[] = read("requests.json").rows;

type Differences = Readonly<Record<"user_data" | "custom_data" | "events" | "simulator", readonly Difference[]>>;
export const differences: Differences = read("differences.json");

/** A recorded row beside what we make of the same. */
export interface Compared {
  readonly key: readonly unknown[];
  readonly theirs: unknown;
  readonly ours: unknown;
}

/**
 * Holds rows to be equal, or to differ as they are listed; one run names all that are off.
 *
 * A listed row that is equal after all, or that isn't recorded, is off as well: the list says no more than is so.
 */
export function assertAgreed(rows: readonly Compared[], list: readonly Difference[]): void {
  const listed = new Map<string, unknown>();
  for (const { name, why, rows } of list) {
    assert.ok(why !== "" && rows.length > 0, `${name} has a reason and rows`);
    for (const row of rows) {
      const key = JSON.stringify(row.slice(0, -1));
      assert.ok(!listed.has(key), `${key} differs for one reason`);
      listed.set(key, row.at(-1));
    }
  }
  const off: unknown[] = [];
  for (const { key, theirs, ours } of rows) {
    const name = JSON.stringify(key);
    const differs = listed.has(name);
    const wanted = differs ? listed.get(name) : theirs;
    if (!isSame(ours, wanted) || (differs && isSame(ours, theirs))) off.push({ key, theirs, ours, wanted });
    listed.delete(name);
  }
  assert.deepEqual(off, []);
  assert.deepEqual([...listed.keys()], []);
}

export function isSame(one: unknown, other: unknown): boolean {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
}
