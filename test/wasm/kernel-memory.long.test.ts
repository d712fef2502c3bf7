import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { KernelMemory } from "./kernel-memory-child.ts";

const mib = 1024 * 1024;
/** What 10,000 organisations with data layers of their own, ten rules each, add to a process. */
const organisationsBytesMax = 450 * mib;
/** What any number of organisations with 300 rules each add: the cache holds so much of data layers, and no more. */
const largeOrganisationsBytesMax = 2_048 * mib;
const kernelMemoryBytesMax = 32 * mib;
const growthBytesMax = 32 * mib;
const eventsMin = 10_000_000;
const childMsMax = 20 * 60_000;

function measure(what: string, amount: number): KernelMemory {
  const child = fileURLToPath(new URL("./kernel-memory-child.ts", import.meta.url));
  const options = { encoding: "utf8", timeout: childMsMax } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-install", child, what, String(amount)],
    options,
  );
  assert.equal(status, 0, stderr);
  const memory = JSON.parse(stdout) as KernelMemory;
  const text = (bytes: number) => `${(bytes / mib).toFixed(1)} MiB`;
  console.log(`${what}, ${amount}: ${text(memory.grown)} more, kernel's memory ${text(memory.wasm)}`);
  return memory;
}

test("ten thousand organisations with distinct programs stay under a stated bound", () => {
  assert.ok(measure("organisations", 10_000).grown < organisationsBytesMax);
});

test("organisations with as many rules as are allowed stay under a bound, however many they are", () => {
  assert.ok(measure("large organisations", 4_000).grown < largeOrganisationsBytesMax);
});

test("memory does not grow over ten million events", () => {
  const { grown, wasm, events } = measure("events", eventsMin);
  assert.ok(events >= eventsMin);
  assert.ok(grown < growthBytesMax);
  assert.ok(wasm < kernelMemoryBytesMax);
});

test("the largest body takes bounded memory, whatever is in it", () => {
  const { wasm } = measure("bodies", 20);
  assert.ok(wasm > 0 && wasm < kernelMemoryBytesMax);
});
