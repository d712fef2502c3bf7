import { flagBits } from "../../model/event/event.ts";
import { columnOf, type KernelRow } from "./custom-js-return.ts";

const purposeBits = 3;
const denied = 2;
const shifts = [flagBits.advertisingShift, flagBits.analyticsShift];
const detectorBits = flagBits.emailMasked | flagBits.phoneFound | flagBits.ipFound;

/**
 * The flags of an event that custom JavaScript returned.
 *
 * What was found stays found; what the sender or the script denied is denied. Where the sender stated consent
 * (`isStated`) nothing else grants it; else what the event says now counts. `nows`: the kernel's rows, the last one's
 * event goes on.
 */
export function joinFlags(edge: KernelRow, nows: readonly KernelRow[], isStated: boolean): number {
  const before = columnOf(edge, "flags");
  const after = nows.map((row) => columnOf(row, "flags"));
  let flags = [before, ...after].reduce((all, each) => all | each, 0) & detectorBits;
  for (const shift of shifts) {
    const answers = [before, ...after].map((each) => (each >> shift) & purposeBits);
    const isDenied = answers.includes(denied);
    flags |= (isDenied ? denied : ((isStated ? answers[0] : answers.at(-1)) as number)) << shift;
  }
  return flags;
}

/** Whether the kernel read anything of consent in an event. */
export function statesConsent(row: KernelRow): boolean {
  return shifts.some((shift) => ((columnOf(row, "flags") >> shift) & purposeBits) !== 0);
}
