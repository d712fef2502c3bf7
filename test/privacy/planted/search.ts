import assert from "node:assert/strict";
import { defaultLimits } from "../../../domain/model/limits.ts";
import type { Kernel } from "../../../ports/kernel.ts";
import { plainProgram, plainShape } from "../../contracts/kernel/kernel-case.ts";
import type { Plant } from "./plants.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Sends each plant alone; returns the names of those of which something came out. */
export function findLeaks(kernel: Kernel, plants: readonly Plant[]): string[] {
  const program = kernel.prepare(plainProgram);
  const leaks: string[] = [];
  for (const { name, members, secrets, userAgent } of plants) {
    const body = encoder.encode(`{${members},"type":"track","anonymousId":"a"${named(members)}}`);
    const scan = kernel.scan(body, plainShape, defaultLimits);
    assert.ok(scan.ok, name);
    const batch = scan.finish(program, [{ drop: 0, geo: null, device: null }], userAgent);
    const out = decoder.decode(batch.bytes).toLowerCase();
    assert.ok(out.length > 0, `${name} passes`);
    if (secrets.some((secret) => out.includes(secret))) leaks.push(`${name}: ${out}`);
  }
  return leaks;
}

/** A track needs a name, which may be where something was planted. */
function named(members: string): string {
  return members.startsWith('"event"') ? "" : ',"event":"E"';
}
