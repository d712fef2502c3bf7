import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { isBalanced, type Ledger } from "../api.ts";
import { accessRows } from "./access.ts";
import { answerRows } from "./answers.ts";
import { apartRows } from "./apart.ts";
import { consentRows } from "./consent.ts";
import { peopleRows } from "./people.ts";
import { phoneRows } from "./phones.ts";
import { programRows } from "./programs.ts";
import { openRoom, type Room, type Row } from "./room.ts";
import { scriptRows } from "./scripts.ts";
import { trafficRows } from "./traffic.ts";
import { valueRows } from "./values.ts";
import { findingRows, vendorRows } from "./vendors.ts";

const sections: Readonly<Record<string, readonly Row[]>> = {
  "what is sent is kept and told": trafficRows,
  "whom it is about": peopleRows,
  "what they refused": consentRows,
  "phone numbers": phoneRows,
  "raw values and innocents": valueRows,
  "what vendors are told of a shop": vendorRows,
  "answers and walls": answerRows,
  scripts: scriptRows,
  "programs and examples": programRows,
  "who gets in": accessRows,
  "over all of it": findingRows,
  "trials and lists have a process of their own": apartRows,
};

describe("what people send to a running server", () => {
  let room: Room;
  let ledger: Ledger;
  const faults = new Map<string, unknown>();

  before(async () => {
    room = await openRoom();
    for (const { promise, send } of Object.values(sections).flat()) {
      await send?.(room).catch((fault) => faults.set(promise, fault));
    }
    ledger = await room.settle();
  });
  after(() => room?.close());

  for (const [title, rows] of Object.entries(sections)) {
    describe(title, () => {
      for (const { promise, look, skip } of rows) {
        it(promise, { skip: skip ?? false }, async () => {
          if (faults.has(promise)) throw faults.get(promise);
          await look(room);
        });
      }
    });
  }

  it("the books balance over all of it", () => assert.ok(isBalanced(ledger), JSON.stringify(ledger)));
});
