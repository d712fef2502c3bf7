import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { pageBytesMax } from "../../../domain/model/limits.ts";
import type { Page } from "../../../ports/event-store.ts";
import { unwrap } from "../results.ts";
import type { Case } from "./event-store.ts";
import { newEvent, newRecord, receivedAtMs } from "./records.ts";

function jsonWith(text: string): string {
  return JSON.stringify({ type: "track", event: "E", messageId: randomUUID(), userId: "u", properties: { text } });
}

export const pageCases: readonly Case[] = [
  {
    promise: "a page ends by bytes too, long events among short ones, and its cursor leads to the rest, each once",
    async run({ store, ours }) {
      // Long texts that Postgres stores in a few bytes: what counts is what they are when they are read.
      const lengths = Array.from({ length: 150 }, (_, n) => (n % 3 === 0 ? 28_000 : n));
      const records = lengths.map((length, n) => {
        return newRecord(ours, [newEvent({ json: jsonWith("x".repeat(length)) })], { receivedAtMs: receivedAtMs - n });
      });
      await store.storeRecords(records, () => false);
      const seen: string[] = [];
      let pages = 0;
      let cursor: string | null = null;
      do {
        const page: Page<StoredEvent> = unwrap(
          await store.events(ours.orgId, { limit: 500, ...(cursor ? { cursor } : {}) }),
        );
        const bytes = JSON.stringify(page.items).length;
        assert.ok(page.items.length > 0 && bytes < pageBytesMax, `${bytes} bytes`);
        seen.push(...page.items.map((event) => event.id));
        cursor = page.nextCursor;
        pages += 1;
      } while (cursor);
      assert.deepEqual([new Set(seen).size, seen.length], [150, 150]);
      assert.equal(pages, 2);
      assert.equal(unwrap(await store.events(ours.orgId, { limit: 2 })).items.length, 2);
    },
  },
];
