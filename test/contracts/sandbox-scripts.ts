import type { ScriptFault } from "../../ports/sandbox.ts";

/** A script that does harm, and how it must end: the event goes on unchanged in every case. */
export interface HostileScript {
  readonly name: string;
  readonly code: string;
  /** More than one only where engines differ in what they call the same thing. */
  readonly faults: readonly ScriptFault[];
}

const inside = (body: string) => `function process(event) { ${body}; return event }`;
const kept = (value: string) => inside(`const kept = []; for (;;) kept.push(${value})`);

/** Scripts that do not end: each costs the time that an event may take. */
export const endlessScripts: readonly HostileScript[] = [
  ["an endless loop", inside("for (;;);")],
  ["a loop that catches everything", inside("for (;;) try { for (;;); } catch {}")],
  ["a finally that never ends", inside("try { for (;;); } finally { for (;;); }")],
  ["regex backtracking", inside("/^(a+)+$/.test('a'.repeat(40) + 'b')")],
  ["arrays filled again and again", inside("for (;;) new Array(1e5).fill(7)")],
  ["indexOf on a length beyond reason", inside("Array.prototype.indexOf.call({ length: 2 ** 32 - 1 }, 1)")],
  ["lastIndexOf on a length of 2^53-1", inside("Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)")],
  ["a comparator that never ends", inside("[3, 2, 1].sort(() => { for (;;); })")],
  [
    "a comparator that changes its array",
    inside("const a = [3, 2, 1]; for (;;) a.sort(() => { a.length = 0; a.push(1, 2, 3); return -1 })"),
  ],
  ["a getter that never ends", "function process() { return { get a() { for (;;); } } }"],
  ["a toJSON that never ends", "function process() { return { toJSON() { for (;;); } } }"],
  ["code that never ends at its start", "for (;;);"],
].map(([name, code]) => ({ name: name as string, code: code as string, faults: ["timeout"] }));

/** Scripts that want more memory than there is: a time-out in place of the fault would hide that they got it. */
export const greedyScripts: readonly HostileScript[] = [
  ["texts of 1 MB kept", kept("'x'.repeat(1e6) + kept.length")],
  ["texts of 100 KB kept", kept("'x'.repeat(1e5) + kept.length")],
  ["small texts kept", kept("'x' + kept.length")],
  ["wide texts kept", kept("'\u4e16'.repeat(1e5) + kept.length")],
  ["arrays kept", kept("new Array(1e5).fill(7)")],
  ["small objects kept", kept("{ n: kept.length }")],
  ["one array that grows", inside("const a = []; for (;;) a.push(1, 2, 3, 4, 5, 6, 7, 8)")],
  ["an array of a great length", inside("new Array(1e8).fill(0)")],
  ["an object with ever more members", inside("const o = {}; for (let i = 0; ; i++) o['k' + i] = i")],
  ["typed arrays kept", kept("new Uint8Array(1e6)")],
  ["numbers in buffers kept", kept("new Float64Array(1e5)")],
  ["a buffer too large", inside("new Uint8Array(1e9)")],
  [
    "a buffer that is resized",
    inside("let b = new ArrayBuffer(8); for (;;) b = new Uint8Array(b.byteLength * 2).buffer"),
  ],
  ["a text that doubles", inside("let s = 'x'; for (;;) s += s")],
  ["a text that doubles and is read", inside("let s = 'x'; for (;;) { s += s; s.charCodeAt(s.length - 1) }")],
  ["a text that grows bit by bit", inside("let s = ''; for (;;) s += 'xxxxxxxxxxxxxxxx'.repeat(64)")],
  ["a text made of many", kept("kept.join('') + 'x'")],
  ["a text of templates", inside("let s = 'x'; for (;;) s = [1, 2].map(() => `$" + "{s}`).join(``)")],
  ["a padded text", inside("'x'.padEnd(2 ** 29)")],
  ["a replacement that grows", inside("let s = 'aaaa'; for (;;) s = s.replace(/a/g, 'aaaa')")],
  ["matches of a regex kept", inside("const s = 'a'.repeat(1e5); const k = []; for (;;) k.push(s.match(/a/g))")],
  ["JSON written and kept", kept("JSON.stringify(kept) + kept.length")],
  [
    "JSON read and kept",
    inside("const t = JSON.stringify(new Array(1e4).fill({ a: 1 })); const k = []; for (;;) k.push(JSON.parse(t))"),
  ],
  ["closures kept", kept("((n) => () => n)(kept.length)")],
  ["a map that grows", inside("const m = new Map(); for (let i = 0; ; i++) m.set(i, i)")],
  ["a set that grows", inside("const s = new Set(); for (let i = 0; ; i++) s.add('k' + i)")],
  ["symbols kept", kept("Symbol(kept.length)")],
  ["dates kept", kept("new Date(kept.length)")],
  ["errors kept", kept("new Error(kept.length)")],
  ["a tower of numbers", inside("let n = 3n; for (;;) n = n * n")],
  ["large integers kept", kept("2n ** 50000n + BigInt(kept.length)")],
  ["getters kept", kept("{ get a() { return kept } }")],
  ["proxies kept", kept("new Proxy({}, { get: () => kept })")],
  ["generators kept", kept("(function* () { yield kept })()")],
  ["a generator spread", inside("[...(function* () { for (;;) yield 'x' })()]")],
  ["a promise storm", inside("for (;;) Promise.resolve().then(() => process(event))")],
  ["async functions kept", kept("(async () => { await null; return kept })()")],
  ["a comparator that keeps", inside("const k = []; [2, 1].sort(() => { for (;;) k.push({}) })")],
  ["a toJSON that keeps", "function process() { return { toJSON() { const k = []; for (;;) k.push({ k }) } } }"],
  ["slices of a buffer kept", inside("const b = new ArrayBuffer(1e5); const k = []; for (;;) k.push(b.slice(0))")],
  ["memory kept from event to event", "let s = 'x'; function process(event) { for (;;) s += s; }"],
  ["code that keeps at its start", "const kept = []; for (;;) kept.push('x'.repeat(1e6))"],
].map(([name, code]) => ({ name: name as string, code: code as string, faults: ["memory"] }));

const greedyInShort = [
  "arrays kept",
  "small objects kept",
  "typed arrays kept",
  "a text that doubles",
  "a tower of numbers",
];

/** One of each sort: the whole list takes long. */
export const greedyScriptsInShort = greedyScripts.filter(({ name }) => greedyInShort.includes(name));

/** Scripts that fail at once. */
export const failingScripts: readonly HostileScript[] = [
  { name: "deep recursion", code: inside("(function f() { f() })()"), faults: ["stack"] },
  { name: "recursion through a getter", code: inside("const o = { get a() { return o.a } }; o.a"), faults: ["stack"] },
  { name: "deep nesting parsed", code: inside("JSON.parse('['.repeat(1e6))"), faults: ["stack"] },
  {
    name: "deep nesting written",
    code: inside("let d = []; for (let i = 0; i < 5e4; i++) d = [d]; JSON.stringify(d)"),
    faults: ["stack"],
  },
  {
    name: "a proxy without a bottom",
    code:
      "function process() { const p = () => new Proxy({}, { get: p, ownKeys: () => ['a'], " +
      "getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: p() }) }); return p() }",
    faults: ["exception"],
  },
  { name: "a giant return", code: inside("event.x = 'x'.repeat(2e6)"), faults: ["bad_return"] },
  { name: "a circle returned", code: inside("event.self = event"), faults: ["exception"] },
  { name: "a big integer returned", code: inside("event.n = 1n"), faults: ["exception"] },
  { name: "a throw of a value", code: inside("throw event.userId"), faults: ["exception"] },
  {
    name: "a thrown getter that never ends",
    code: inside("throw { get stack() { for (;;); }, get message() { for (;;); } }"),
    faults: ["exception"],
  },
  { name: "nothing returned", code: "function process(event) {}", faults: ["bad_return"] },
  { name: "a text returned", code: "function process(event) { return 'x' }", faults: ["bad_return"] },
  { name: "a list returned", code: "function process(event) { return [event] }", faults: ["bad_return"] },
  { name: "a promise returned", code: "async function process(event) { return event }", faults: ["bad_return"] },
  { name: "no function", code: "const proces = 1", faults: ["no_function"] },
  { name: "code that does not parse", code: "function process(", faults: ["syntax"] },
  { name: "code that throws at its start", code: "throw new Error('x')", faults: ["start"] },
  { name: "code that throws much at its start", code: "throw new Error('x'.repeat(4e6))", faults: ["start"] },
  { name: "a frozen event", code: inside("event = Object.freeze({})"), faults: ["exception", "bad_return"] },
  { name: "an import", code: "import fs from 'fs'; function process(event) { return event }", faults: ["syntax"] },
];

/** Things of a host that must not be there, each as an expression that is true if it is. */
export const reachesForHost: readonly string[] = [
  "typeof require !== 'undefined'",
  "typeof fetch !== 'undefined'",
  "typeof XMLHttpRequest !== 'undefined'",
  "typeof Deno !== 'undefined'",
  "typeof Bun !== 'undefined'",
  "typeof Buffer !== 'undefined'",
  "typeof module !== 'undefined'",
  "typeof std !== 'undefined' || typeof os !== 'undefined'",
  "typeof setTimeout !== 'undefined' || typeof setInterval !== 'undefined' || typeof setImmediate !== 'undefined'",
  "typeof WebAssembly !== 'undefined' || typeof Worker !== 'undefined'",
  "process.env !== undefined || process.exit !== undefined || process.binding !== undefined",
  "typeof [].constructor.constructor('return this')().process?.env !== 'undefined'",
  "Object.keys(Function('return globalThis')()).includes('Bun')",
  "Object.keys(console).some((name) => console[name](event) !== undefined)",
  "typeof globalThis.constructor.constructor('return typeof fetch')() !== 'string'",
];
