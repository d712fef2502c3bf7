import { type JsonNode, made } from "./nodes.ts";

const encoder = new TextEncoder();
const firstBytes = 1024;

/** Writes JSON without white space: what was read as it stood, what was made as `JSON.stringify` writes it. */
export class JsonWriter {
  private out = new Uint8Array(firstBytes);
  private length = 0;
  private readonly body: Uint8Array;

  constructor(body: Uint8Array) {
    this.body = body;
  }

  get position(): number {
    return this.length;
  }

  /** A copy of all that was written. */
  bytes(): Uint8Array {
    return this.out.slice(0, this.length);
  }

  /** Takes back all that was written from `position` on. */
  rewind(position: number): void {
    this.length = position;
  }

  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.out[this.length++] = text.charCodeAt(i);
  }

  node(node: JsonNode): void {
    node.outStart = this.length;
    if (node.kind === "object") {
      this.list("{", node.members, "}", (member) => {
        this.string(member.key, member.keyStart, member.keyEnd);
        this.ascii(":");
        this.node(member.value);
      });
    } else if (node.kind === "array") {
      this.list("[", node.items, "]", (item) => this.node(item));
    } else if (node.kind === "string") {
      this.string(node.text, node.start, node.end);
    } else {
      this.ascii(node.text);
    }
    node.outEnd = this.length;
  }

  private list<T>(open: string, items: readonly T[], close: string, write: (item: T) => void): void {
    this.ascii(open);
    items.forEach((item, i) => {
      if (i > 0) this.ascii(",");
      write(item);
    });
    this.ascii(close);
  }

  private string(text: string, start: number, end: number): void {
    this.copy(start === made ? encoder.encode(JSON.stringify(text)) : this.body.subarray(start, end));
  }

  private copy(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.out.set(bytes, this.length);
    this.length += bytes.length;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.out.length) return;
    const grown = new Uint8Array(Math.max(this.out.length * 2, this.length + bytes));
    grown.set(this.out.subarray(0, this.length));
    this.out = grown;
  }
}
