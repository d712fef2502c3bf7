import type { Lookup } from "../../domain/data-layer/expression/evaluate.ts";
import type { JsonNode, JsonObject } from "./nodes.ts";

/** Reads the values that routing conditions ask for from a sanitised event; each object is indexed once. */
export function lookupNodes(event: JsonObject): Lookup {
  const indexes = new Map<JsonObject, Map<string, JsonNode>>();

  function indexOf(object: JsonObject): Map<string, JsonNode> {
    const known = indexes.get(object);
    if (known !== undefined) return known;
    const index = new Map(object.members.map((member) => [member.key, member.value]));
    indexes.set(object, index);
    return index;
  }

  return (segments) => {
    let node: JsonNode | undefined = event;
    for (const segment of segments) {
      if (typeof segment === "number") node = node?.kind === "array" ? node.items[segment] : undefined;
      else node = node?.kind === "object" ? indexOf(node).get(segment) : undefined;
    }
    switch (node?.kind) {
      case "string":
        return node.text;
      case "number":
        return { number: node.text };
      case "true":
        return true;
      case "false":
        return false;
      case "array":
        return { items: node.items.length };
      case "object":
        return { object: true };
      default:
        return null;
    }
  };
}
