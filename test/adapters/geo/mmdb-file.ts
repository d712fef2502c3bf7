/**
 * Writes a small MaxMind database of IPv4 networks, for tests that need one with known contents.
 *
 * Source: MaxMind DB File Format Specification 2.0; records of 24 bits, no pointers, sizes below 285.
 */
export type MmdbValue = string | number | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

export interface MmdbNetwork {
  /** e.g. `81.2.69.0/24` */
  readonly cidr: string;
  readonly record: MmdbValue;
}

const types = { string: 2, uint16: 5, uint32: 6, map: 7, array: 11 } as const;
const dataGap = 16;

function control(type: number, size: number): number[] {
  const sizeBits = Math.min(size, 29);
  const more = size < 29 ? [] : [size - 29];
  return type < 8 ? [(type << 5) | sizeBits, ...more] : [sizeBits, type - 7, ...more];
}

function encode(value: MmdbValue): number[] {
  if (typeof value === "string") {
    const bytes = [...new TextEncoder().encode(value)];
    return [...control(types.string, bytes.length), ...bytes];
  }
  if (typeof value === "number") {
    return [...control(types.uint32, 4), value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  }
  if (Array.isArray(value)) return [...control(types.array, value.length), ...value.flatMap(encode)];
  const entries = Object.entries(value);
  return [...control(types.map, entries.length), ...entries.flatMap(([k, v]) => [...encode(k), ...encode(v)])];
}

type Node = [left: Node | number | null, right: Node | number | null];

/** A leaf is the offset of its record in the data section. */
function insert(root: Node, cidr: string, offset: number): void {
  const [address = "", bits = "32"] = cidr.split("/");
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = Number(bits) - 1;
  let node = root;
  for (let bit = 0; bit < last; bit += 1) {
    const side = ((value >>> (31 - bit)) & 1) as 0 | 1;
    const next = node[side];
    node = Array.isArray(next) ? next : (node[side] = [null, null]);
  }
  node[((value >>> (31 - last)) & 1) as 0 | 1] = offset;
}

function nodesOf(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) nodes.push(...node.filter((side) => Array.isArray(side)));
  return nodes;
}

/** The bytes of a database with the given networks. */
export function mmdbFile(databaseType: string, networks: readonly MmdbNetwork[]): Uint8Array {
  const root: Node = [null, null];
  const data: number[] = [];
  for (const { cidr, record } of networks) {
    insert(root, cidr, data.length);
    data.push(...encode(record));
  }
  const nodes = nodesOf(root);
  const target = (side: Node | number | null): number => {
    if (side === null) return nodes.length;
    return Array.isArray(side) ? nodes.indexOf(side) : nodes.length + dataGap + side;
  };
  const tree = nodes.flatMap((node) =>
    node.flatMap((side) => [16, 8, 0].map((shift) => (target(side) >> shift) & 255)),
  );
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_780_000_000,
    database_type: databaseType,
    description: {},
    ip_version: 4,
    languages: [],
    node_count: nodes.length,
    record_size: 24,
  });
  const marker = [0xab, 0xcd, 0xef, ...new TextEncoder().encode("MaxMind.com")];
  return Uint8Array.from([...tree, ...new Array<number>(dataGap).fill(0), ...data, ...marker, ...metadata]);
}
