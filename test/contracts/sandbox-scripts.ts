import type { ScriptFault } from "../../ports/sandbox.ts";

/** A script that does harm, and how it must end: the event goes on unchanged in every case. */
export interface HostileScript {
  readonly name: string;
  readonly code: string;
  /** Any of these; engines differ in which of their limits they reach first. */
  readonly faults: readonly ScriptFault[];
}

const inside = (body: string) => `function process(event) { ${body}; return event }`;
const slowOrBig: readonly ScriptFault[] = ["timeout", "memory", "stack", "exception"];

export const hostileScripts: readonly HostileScript[] = [
  { name: "an endless loop", code: inside("for (;;);"), faults: ["timeout"] },
  { name: "a loop that catches everything", code: inside("for (;;) try { for (;;); } catch {}"), faults: ["timeout"] },
  { name: "a finally that never ends", code: inside("try { for (;;); } finally { for (;;); }"), faults: ["timeout"] },
  { name: "regex backtracking", code: inside("/^(a+)+$/.test('a'.repeat(40) + 'b')"), faults: ["timeout"] },
  { name: "arrays filled again and again", code: inside("for (;;) new Array(1e5).fill(7)"), faults: slowOrBig },
  { name: "arrays kept", code: inside("const a = []; for (;;) a.push(new Array(1e5).fill(7))"), faults: slowOrBig },
  {
    name: "indexOf on a length beyond reason",
    code: inside("Array.prototype.indexOf.call({ length: 2 ** 32 - 1 }, 1)"),
    faults: ["timeout"],
  },
  {
    name: "lastIndexOf on a length of 2^53-1",
    code: inside("Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)"),
    faults: ["timeout"],
  },
  { name: "a comparator that never ends", code: inside("[3, 2, 1].sort(() => { for (;;); })"), faults: ["timeout"] },
  {
    name: "a comparator that changes its array",
    code: inside("const a = [3, 2, 1]; for (;;) a.sort(() => { a.length = 0; a.push(1, 2, 3); return -1 })"),
    faults: slowOrBig,
  },
  { name: "a promise storm", code: inside("for (;;) Promise.resolve().then(() => process(event))"), faults: slowOrBig },
  { name: "deep recursion", code: inside("(function f() { f() })()"), faults: ["stack", "exception"] },
  { name: "deep nesting parsed", code: inside("JSON.parse('['.repeat(1e6))"), faults: slowOrBig },
  {
    name: "deep nesting written",
    code: inside("let d = []; for (let i = 0; i < 5e4; i++) d = [d]; JSON.stringify(d)"),
    faults: slowOrBig,
  },
  {
    name: "a proxy without a bottom",
    code:
      "function process() { const p = () => new Proxy({}, { get: p, ownKeys: () => ['a'], " +
      "getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: p() }) }); return p() }",
    faults: [...slowOrBig, "bad_return"],
  },
  { name: "a string that doubles", code: inside("let s = 'x'; for (;;) s += s"), faults: slowOrBig },
  { name: "a buffer too large", code: inside("new Uint8Array(1e9)"), faults: slowOrBig },
  { name: "a tower of numbers", code: inside("let n = 3n; for (;;) n = n * n"), faults: slowOrBig },
  {
    name: "a getter that never ends",
    code: "function process() { return { get a() { for (;;); } } }",
    faults: ["timeout"],
  },
  {
    name: "a toJSON that never ends",
    code: "function process() { return { toJSON() { for (;;); } } }",
    faults: ["timeout"],
  },
  { name: "a giant return", code: inside("event.x = 'x'.repeat(2e6)"), faults: ["bad_return", ...slowOrBig] },
  { name: "a circle returned", code: inside("event.self = event"), faults: ["exception"] },
  { name: "a big integer returned", code: inside("event.n = 1n"), faults: ["exception"] },
  { name: "a throw of a value", code: inside("throw event.userId"), faults: ["exception"] },
  {
    name: "a thrown getter that never ends",
    code: inside("throw { get stack() { for (;;); }, get message() { for (;;); } }"),
    faults: ["exception", "timeout"],
  },
  { name: "nothing returned", code: "function process(event) {}", faults: ["bad_return"] },
  { name: "a text returned", code: "function process(event) { return 'x' }", faults: ["bad_return"] },
  { name: "a list returned", code: "function process(event) { return [event] }", faults: ["bad_return"] },
  { name: "a promise returned", code: "async function process(event) { return event }", faults: ["bad_return"] },
  { name: "no function", code: "const proces = 1", faults: ["no_function"] },
  { name: "code that does not parse", code: "function process(", faults: ["syntax"] },
  { name: "code that throws at its start", code: "throw new Error('x')", faults: ["start"] },
  { name: "code that never ends at its start", code: "for (;;);", faults: ["timeout"] },
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
  "typeof console !== 'undefined'",
  "typeof globalThis.constructor.constructor('return typeof fetch')() !== 'string'",
];
