import assert from "node:assert/strict";
import { test } from "node:test";
import type { Terminal } from "../../../adapters/cli/terminal.ts";
import { type Rotation, rotateVault } from "../../../adapters/cli/vault-rotate.ts";
import { fail, succeed } from "../../../domain/model/failure.ts";

const options = { forgetOld: false, json: false };

/** An installation with this many secrets, and what was done to it. */
function rotationOf(old: number, unreadable = 0, rest: Partial<Rotation> = {}): Rotation & { done: string[] } {
  let [current, left, nowMs] = [0, old, 0];
  const done: string[] = [];
  return {
    done,
    count: async () => succeed({ current, old: left, unreadable }),
    async reseal(progress) {
      for (; left > 0; left -= 1) {
        current += 1;
        progress(current);
      }
      return succeed({ resealed: old, leftAlone: 0, interrupted: false });
    },
    keyFile: {
      path: "vault.key",
      add: async () => void done.push("add"),
      async forgetOld() {
        done.push("forget");
        return 1;
      },
    },
    nowMs: () => (nowMs += 200),
    close: async () => void done.push("close"),
    ...rest,
  };
}

async function run(rotation: Rotation | string, asked = options, isWatched = false) {
  let [out, err] = ["", ""];
  const terminal = {
    inputBytes: null,
    isWatched,
    write: async (text: string) => void (out += text),
    note: (text: string) => void (err += text),
  } as Partial<Terminal> as Terminal;
  return { code: await rotateVault(asked, terminal, async () => rotation), out, err };
}

test("a rotation makes a key only where none is unfinished, and closes what it opened", async () => {
  const [whole, unfinished] = [rotationOf(0), rotationOf(3)];
  assert.equal((await run(whole)).code, 0);
  assert.deepEqual(whole.done, ["add", "close"]);
  const { code, err } = await run(unfinished);
  assert.deepEqual([code, unfinished.done], [0, ["close"]]);
  assert.match(err, /^going on with/);
});

test("who watches a long rotation sees how far it is; others don't", async () => {
  const { err } = await run(rotationOf(20), options, true);
  assert.match(err, /\[#{5}-{19}\] 20% {2}4 of 20 secrets/);
  assert.match(err, /\[#{24}\] 100% {2}20 of 20 secrets/);
  assert.doesNotMatch((await run(rotationOf(20))).err, /%/);
});

test("what is not done is told, and by the exit code", async () => {
  const interrupted = { reseal: async () => succeed({ resealed: 2, leftAlone: 0, interrupted: true }) };
  const stopped = await run(rotationOf(5, 0, interrupted));
  assert.deepEqual([stopped.code, /interrupted: the same command goes on/.test(stopped.out)], [1, true]);
  const lost = await run(rotationOf(1, 2));
  assert.deepEqual([lost.code, /2 can't be opened with any key/.test(lost.out)], [1, true]);
  const down = await run(rotationOf(1, 0, { reseal: async () => fail("store_unavailable") }));
  assert.deepEqual([down.code, /store_unavailable/.test(down.err)], [1, true]);
  assert.deepEqual(await run("another rotation is under way"), {
    ...{ code: 2, out: "", err: "tidegate: another rotation is under way\n" },
  });
});

test("old keys are not forgotten while anything needs them, nor where they are the operator's", async () => {
  const forget = { forgetOld: true, json: false };
  const needed = rotationOf(1);
  assert.equal((await run(needed, forget)).code, 1);
  assert.deepEqual(needed.done, ["close"]);
  const free = rotationOf(0);
  assert.equal((await run(free, forget)).code, 0);
  assert.deepEqual(free.done, ["forget", "close"]);
  assert.equal((await run(rotationOf(0, 0, { keyFile: null }), forget)).code, 2);
});
