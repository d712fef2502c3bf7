import type { BodyFault } from "../../../domain/model/outcome.ts";
import type { Kernel } from "../../../ports/kernel.ts";

/** Finds the byte at which a text is no JSON; null where it can't tell. */
export type FindJsonFault = (bytes: Uint8Array) => Pick<BodyFault, "code" | "position"> | null;

/** More than any body of ours holds. */
const anything = { jsonDepthMax: 300, batchEventsMax: 1, eventBytesMax: 0xffffffff, bodyBytesMax: 0xffffffff };
const faultsOfText: readonly BodyFault["code"][] = ["invalid_json", "invalid_utf8", "too_deep"];

/** Makes the search by the kernel's parser, since the engine's own names no position in all runtimes. */
export function createFindJsonFault(kernel: Pick<Kernel, "scan">): FindJsonFault {
  return function findJsonFault(bytes) {
    const scan = kernel.scan(bytes, { dialect: "segment", list: null, type: null }, anything);
    if (scan.ok || !faultsOfText.includes(scan.fault.code)) return null;
    return { code: scan.fault.code, position: scan.fault.position };
  };
}
