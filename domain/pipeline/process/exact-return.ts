import type { ScriptEvent, ScriptOutcome } from "../../../ports/sandbox.ts";
import { withExactIntegers } from "../../model/json/exact-json.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What scripts returned, with the digits of integers that JavaScript's numbers round and the scripts left alone. */
export function withSentDigits(events: readonly ScriptEvent[], outcomes: readonly ScriptOutcome[]): ScriptOutcome[] {
  return outcomes.map((outcome, index) => {
    const sent = events[index];
    if (outcome.kind !== "returned" || sent === undefined) return outcome;
    const exact = withExactIntegers(decoder.decode(sent.json), decoder.decode(outcome.json));
    return exact === null ? outcome : { ...outcome, json: encoder.encode(exact) };
  });
}
