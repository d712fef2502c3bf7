import type { EventFacts } from "../ports/kernel.ts";
import type { KernelExports } from "./instance.ts";
import { type KernelMemory, planFacts, writeFacts } from "./lay-facts.ts";

/** Behind a program, for loads that reach past its end. */
const programSlack = 16;
/** What is larger has no place on a desk (assembly/desk.ts), so it must not drive others off it. */
const programBytesMax = 2 ** 20 - programSlack;
const textBytesMax = 16 * 1024;

/**
 * Programs and words of the host that lie in the kernel's memory from one call to the next (assembly/desk.ts), so that
 * a call about a single event is not mostly about laying them there.
 *
 * They are known by identity: a program's encoded bytes, the bytes of a geo and of a device. What does not fit any more
 * makes room by emptying its desk.
 */
export class ResidentMemory {
  private readonly programs = new Map<Uint8Array, number>();
  private readonly words = new Map<Uint8Array | null, Map<Uint8Array | null, number>>();
  private readonly drops = new Map<number, number>();

  /** Forgets where everything was, for another instance. */
  forget(): void {
    this.programs.clear();
    this.forgetWords();
  }

  /** The address of a program, or 0: it is too large. `memory`: as it is after whatever the kernel did. */
  program(encoded: Uint8Array, kernel: KernelExports, memory: () => KernelMemory): number {
    const known = this.programs.get(encoded);
    if (known !== undefined) return known;
    if (encoded.length > programBytesMax) return 0;
    const bytes = encoded.length + programSlack;
    let at = kernel.programRoom(bytes);
    if (at === 0) {
      kernel.clearPrograms();
      this.programs.clear();
      at = kernel.programRoom(bytes);
    }
    memory().bytes.set(encoded, at);
    this.programs.set(encoded, at);
    return at;
  }

  /** The address of an entry, or 0: it is too large. Whose event is dropped needs no place and no device. */
  fact({ drop, geo, device }: EventFacts, kernel: KernelExports, memory: () => KernelMemory): number {
    const known = drop !== 0 ? this.drops.get(drop) : this.words.get(geo)?.get(device);
    if (known !== undefined) return known;
    const entry = drop !== 0 ? { drop, geo: null, device: null } : { drop, geo, device };
    const plan = planFacts([entry]);
    if (plan.textBytes > textBytesMax) return 0;
    let at = kernel.factRoom(plan.textBytes);
    if (at === 0) {
      this.clearWords(kernel);
      at = kernel.factRoom(plan.textBytes);
    }
    writeFacts([entry], plan, memory(), at);
    kernel.layWords(at, 1, at + plan.texts, plan.textBytes);
    if (drop !== 0) {
      this.drops.set(drop, at);
      return at;
    }
    const devices = this.words.get(geo) ?? new Map<Uint8Array | null, number>();
    this.words.set(geo, devices);
    devices.set(device, at);
    return at;
  }

  /** Takes the host's words off their desk. */
  clearWords(kernel: KernelExports): void {
    kernel.clearWords();
    this.forgetWords();
  }

  private forgetWords(): void {
    this.words.clear();
    this.drops.clear();
  }
}
