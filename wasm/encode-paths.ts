import { keyRowOf } from "../domain/data-layer/key-table.ts";
import { lowerText } from "../domain/data-layer/text.ts";
import type { PathPattern } from "../domain/model/program.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { normaliserNames } from "./encode-key-table.ts";

export const none = 0xffffffff;
/** In a pattern's place: the normaliser of the key's own row. */
const ofRow = 255;
const nodeBytes = 24;
const edgeBytes = 16;
const encoder = new TextEncoder();

interface TrieNode {
  readonly number: number;
  readonly children: Map<string, TrieNode>;
  star: TrieNode | null;
  hash: number;
  redacts: boolean;
}

/** Offsets of the parts of an encoded trie. */
export interface EncodedPaths {
  readonly nodes: number;
  readonly nodeCount: number;
  readonly edges: number;
  readonly edgeMask: number;
  readonly normalisers: number;
  /** Whether a path has `*`. */
  readonly hasStar: boolean;
}

/** Writes the configured paths as one trie. Shape: assembly/program.ts. */
export function encodePaths(
  writer: ByteWriter,
  hashPaths: readonly PathPattern[],
  redactPaths: readonly PathPattern[],
): EncodedPaths {
  const nodes: TrieNode[] = [];
  const root = newNode(nodes);
  hashPaths.forEach((pattern, index) => {
    const end = grow(root, pattern, nodes);
    if (end !== root) end.hash = Math.min(end.hash, index);
  });
  for (const pattern of redactPaths) {
    const end = grow(root, pattern, nodes);
    if (end !== root) end.redacts = true;
  }
  const at = writer.words((nodes.length * nodeBytes) / 4);
  for (const node of nodes) writeNode(writer, at + node.number * nodeBytes, node);
  const { edges, edgeMask } = writeEdges(writer, nodes);
  const normalisers = writer.words(hashPaths.length);
  hashPaths.forEach((pattern, index) => {
    writer.setWord(normalisers + index * 4, normaliserOf(pattern));
  });
  const hasStar = nodes.some((node) => node.star !== null);
  return { nodes: at, nodeCount: nodes.length, edges, edgeMask, normalisers, hasStar };
}

function newNode(nodes: TrieNode[]): TrieNode {
  const node = { number: nodes.length, children: new Map(), star: null, hash: none, redacts: false };
  nodes.push(node);
  return node;
}

function grow(root: TrieNode, pattern: PathPattern, nodes: TrieNode[]): TrieNode {
  return pattern.map(lowerText).reduce((node, segment) => {
    if (segment === "*") return (node.star ??= newNode(nodes));
    const known = node.children.get(segment);
    if (known !== undefined) return known;
    const child = newNode(nodes);
    node.children.set(segment, child);
    return child;
  }, root);
}

function writeNode(writer: ByteWriter, at: number, node: TrieNode): void {
  writer.setWord(at, node.hash);
  writer.setWord(at + 4, node.redacts ? 1 : 0);
  writer.setWord(at + 8, node.star?.number ?? 0);
  writer.setWord(at + 12, node.children.size > 0 || node.star !== null ? 1 : 0);
}

function writeEdges(writer: ByteWriter, nodes: readonly TrieNode[]): { edges: number; edgeMask: number } {
  let slots = 2;
  while (slots < nodes.length * 2) slots *= 2;
  const edgeMask = slots - 1;
  const edges = writer.words((slots * edgeBytes) / 4);
  const taken = new Set<number>();
  for (const node of nodes) {
    for (const [segment, child] of node.children) {
      const { offset, bytes } = writer.text(segment);
      let slot = edgeHash(encoder.encode(segment), node.number) & edgeMask;
      while (taken.has(slot)) slot = (slot + 1) & edgeMask;
      taken.add(slot);
      [child.number, node.number, offset, bytes].forEach((word, i) => {
        writer.setWord(edges + slot * edgeBytes + i * 4, word);
      });
    }
  }
  return { edges, edgeMask };
}

/** As the kernel computes it (assembly/paths.ts). */
function edgeHash(segment: Uint8Array, node: number): number {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const isShort = segment.length < 4;
  const head = isShort ? (segment[0] ?? 0) : view.getUint32(0, true);
  const tail = isShort ? (segment.at(-1) ?? 0) : view.getUint32(segment.length - 4, true);
  const mixed = (head ^ ((tail << 13) | (tail >>> 19)) ^ (segment.length << 24)) + Math.imul(node, 0x9e3779b1);
  const hash = Math.imul(mixed, 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}

function normaliserOf(pattern: PathPattern): number {
  const last = lowerText(pattern.at(-1) ?? "");
  return last === "*" ? ofRow : normaliserNames.indexOf(keyRowOf(last)?.normaliser ?? "plain");
}
