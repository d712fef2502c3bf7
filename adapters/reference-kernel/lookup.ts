import type { Lookup } from "../../domain/data-layer/expression/evaluate.ts";
import { type JsonObject, nodeAt } from "./nodes.ts";

/** Reads the values that routing conditions ask for from a sanitised event. */
export function lookupNodes(event: JsonObject): Lookup {
  return (segments) => {
    const node = nodeAt(event, segments);
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
