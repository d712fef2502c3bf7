import crypto from "node:crypto";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { PasswordHasher } from "../../ports/password-hasher.ts";

/** Source: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane. */
export const argonMemoryKib = 19 * 1024;
export const argonPasses = 2;
export const argonLanes = 1;
const saltBytes = 16;
const tagBytes = 32;
/** So many at once take processor and memory; the others wait their turn, and past that are refused. */
export const hashingRunningMax = 2;
export const hashingWaitingMax = 32;
const retryAfterMs = 1_000;

interface Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

type Derive = (password: string, salt: Uint8Array, cost: Cost) => Promise<Uint8Array>;

/** The part of Node's API that is used here; older runtimes don't have it. */
interface NativeArgon {
  argon2(
    algorithm: "argon2id",
    options: {
      message: string;
      nonce: Uint8Array;
      parallelism: number;
      tagLength: number;
      memory: number;
      passes: number;
    },
    done: (error: Error | null, tag: Uint8Array) => void,
  ): void;
}

const native = (crypto as unknown as Partial<NativeArgon>).argon2;
const cost: Cost = { memoryKib: argonMemoryKib, passes: argonPasses, lanes: argonLanes };

/**
 * Opens the hasher of passwords: argon2id, by the runtime's own code off its main thread where it has it, else by
 * WebAssembly.
 */
export function openPasswordHasher(options: { readonly useNative?: boolean } = {}): PasswordHasher {
  const derive: Derive = native && options.useNative !== false ? deriveNatively : deriveInWasm;
  const gate = createGate();
  /** What a password is compared with where there is none: it costs the same and equals nothing. */
  const nothing = { salt: crypto.randomBytes(saltBytes), tag: crypto.randomBytes(tagBytes), cost };
  return {
    hash: (password) =>
      gate(async () => {
        const salt = crypto.randomBytes(saltBytes);
        return writePhc({ salt, tag: await derive(password, salt, cost), cost });
      }),
    verify: (password, hash) =>
      gate(async () => {
        const kept = (hash === null ? null : readPhc(hash)) ?? nothing;
        const tag = await derive(password, kept.salt, kept.cost);
        return crypto.timingSafeEqual(tag, kept.tag) && kept !== nothing;
      }),
  };
}

function createGate() {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async function inTurn<T>(work: () => Promise<T>): Promise<Result<T>> {
    if (running >= hashingRunningMax) {
      if (waiting.length >= hashingWaitingMax) return fail("hashing_full", { retry: { afterMs: retryAfterMs } });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return succeed(await work());
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

function deriveNatively(message: string, nonce: Uint8Array, { memoryKib, passes, lanes }: Cost): Promise<Uint8Array> {
  const parameters = { message, nonce, parallelism: lanes, tagLength: tagBytes, memory: memoryKib, passes };
  return new Promise((resolve, reject) => {
    native?.("argon2id", parameters, (error, tag) => (error ? reject(error) : resolve(new Uint8Array(tag))));
  });
}

async function deriveInWasm(password: string, salt: Uint8Array, { memoryKib, passes, lanes }: Cost) {
  const { argon2id } = await import("hash-wasm");
  const parameters = { memorySize: memoryKib, iterations: passes, parallelism: lanes, hashLength: tagBytes };
  // This library takes no empty password; what stands for it is shorter than any that may be set.
  return argon2id({ password: password === "" ? "\0" : password, salt, ...parameters, outputType: "binary" });
}

interface Kept {
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
  readonly cost: Cost;
}

const phcForm = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** Source: the PHC string format. */
function writePhc({ salt, tag, cost: { memoryKib, passes, lanes } }: Kept): string {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${text(salt)}$${text(tag)}`;
}

function readPhc(hash: string): Kept | null {
  const [, memoryKib, passes, lanes, salt = "", tag = ""] = phcForm.exec(hash) ?? [];
  if (memoryKib === undefined) return null;
  return {
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
    cost: { memoryKib: Number(memoryKib), passes: Number(passes), lanes: Number(lanes) },
  };
}
