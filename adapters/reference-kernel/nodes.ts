/**
 * JSON as the plain kernel holds it: nodes with byte spans, members in order, duplicates kept.
 * `start` is -1 for what the kernel made itself; such a node is written from its `text`.
 */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

interface Spans {
  /** Byte span in the body, quotes and brackets included. */
  start: number;
  end: number;
  /** Byte span in the output, once written. */
  outStart: number;
  outEnd: number;
}

export interface JsonObject extends Spans {
  readonly kind: "object";
  members: JsonMember[];
}

export interface JsonArray extends Spans {
  readonly kind: "array";
  items: JsonNode[];
}

export interface JsonScalar extends Spans {
  readonly kind: "string" | "number" | "true" | "false" | "null";
  /** A string after unescaping; anything else as it is written. */
  text: string;
}

export interface JsonMember {
  /** After unescaping. */
  key: string;
  /** Byte span of the key in the body, quotes included; -1 if the kernel made it. */
  keyStart: number;
  keyEnd: number;
  value: JsonNode;
}

export const made = -1;

export function makeScalar(kind: JsonScalar["kind"], text: string, start = made, end = made): JsonScalar {
  return { kind, text, start, end, outStart: made, outEnd: made };
}

export function makeObject(members: JsonMember[] = [], start = made, end = made): JsonObject {
  return { kind: "object", members, start, end, outStart: made, outEnd: made };
}

export function makeArray(items: JsonNode[], start = made, end = made): JsonArray {
  return { kind: "array", items, start, end, outStart: made, outEnd: made };
}

export function makeMember(key: string, value: JsonNode): JsonMember {
  return { key, keyStart: made, keyEnd: made, value };
}

/** Gives a string another value; it is then written as `JSON.stringify` writes it. */
export function editText(node: JsonScalar, text: string): void {
  if (node.text === text) return;
  node.text = text;
  node.start = made;
}

/** The last member of that name, as `JSON.parse` would have it. */
export function lastMember(object: JsonObject, key: string): JsonMember | null {
  return object.members.findLast((member) => member.key === key) ?? null;
}

/** Follows keys and array indexes, the last of duplicates each time; null where the path leaves the tree. */
export function nodeAt(root: JsonNode, segments: readonly (string | number)[]): JsonNode | null {
  let node: JsonNode | null = root;
  for (const segment of segments) {
    if (node === null) return null;
    if (typeof segment === "number") node = node.kind === "array" ? (node.items[segment] ?? null) : null;
    else node = node.kind === "object" ? (lastMember(node, segment)?.value ?? null) : null;
  }
  return node;
}

/** A copy that may be edited while the original stays as it was read. */
export function cloneNode<T extends JsonNode>(node: T): T {
  if (node.kind === "array") return { ...node, items: node.items.map(cloneNode) };
  if (node.kind !== "object") return { ...node };
  return { ...node, members: node.members.map((member) => ({ ...member, value: cloneNode(member.value) })) };
}

/** Cuts a tree off the bytes it was read from, so that it can be put into another one. */
export function detach(node: JsonNode): void {
  node.start = made;
  if (node.kind === "array") node.items.forEach(detach);
  if (node.kind !== "object") return;
  for (const member of node.members) {
    member.keyStart = made;
    detach(member.value);
  }
}
