import type { SenderClaims } from "../../ports/kernel.ts";
import type { BatchMembers } from "./batch-members.ts";
import { type JsonNode, nodeAt } from "./nodes.ts";

/** What an event says of its own sender, before any renaming; what its context has not, its batch's may have. */
export function claimsOf(event: JsonNode | undefined, shared: BatchMembers): SenderClaims {
  if (event?.kind !== "object") return { ip: null, userAgent: null };
  const claimed = (name: string) => {
    const own = nodeAt(event, ["context", name]);
    return textOf(own !== null && own.kind !== "null" ? own : contextOf(shared, name));
  };
  return {
    ip: claimed("ip") ?? textOf(nodeAt(event, ["ip"])),
    userAgent: claimed("userAgent") ?? textOf(nodeAt(event, ["user_agent"])),
  };
}

function contextOf({ members }: BatchMembers, name: string): JsonNode | null {
  const context = members.find(({ key }) => key === "context");
  return context === undefined ? null : nodeAt(context.value, [name]);
}

export function textOf(node: JsonNode | null | undefined): string | null {
  return node?.kind === "string" ? node.text : null;
}
