import type { loadQuickJs } from "@sebastianwessel/quickjs";
import { assert } from "../../domain/model/failure.ts";

type Context = ReturnType<Awaited<ReturnType<typeof loadQuickJs>>["module"]["newContext"]>;
type Handle = ReturnType<Context["newString"]>;

/** What a call came to. */
export type Called =
  /** A copy of the UTF-8 of the string that was returned, up to its first zero byte. */
  | { readonly text: Uint8Array }
  /** To be disposed of. */
  | { readonly thrown: Handle };

/** Calls functions of a context that take one string and return one. */
export interface Texts {
  /** Shape: UTF-8 without a zero byte goes in. Errors: it throws if the engine has no memory for the text. */
  call(func: Handle, text: Uint8Array): Called;
  dispose(): void;
}

/** What of a context its own `newString`, `callFunction` and `getString` are made of; the version is pinned. */
interface Inside {
  readonly ctx: { readonly value: number };
  readonly ffi: {
    QTS_NewString(context: number, at: number): number;
    QTS_Call(context: number, func: unknown, self: unknown, count: number, args: number): number;
    QTS_ResolveException(context: number, value: number): number;
    QTS_GetString(context: number, value: number): number;
    QTS_FreeCString(context: number, at: number): void;
    QTS_FreeValuePointer(context: number, value: number): void;
  };
  readonly memory: { heapValueHandle(value: number): Handle };
  readonly module: { readonly HEAPU8: Uint8Array; _malloc(bytes: number): number; _free(at: number): void };
}

const pointerBytes = 4;

/**
 * Opens a context's memory for texts. Events are bytes on both sides: to make strings of them and a handle of each
 * value on the way, as the package does, takes longer than moving them.
 */
export function openTexts(context: Context): Texts {
  const { ctx, ffi, memory, module } = context as unknown as Inside;
  const self = context.undefined.value;
  const args = module._malloc(pointerBytes);
  assert(args !== 0, "the engine has no memory for a call");

  function write(text: Uint8Array): number {
    const at = module._malloc(text.length + 1);
    assert(at !== 0, "the engine has no memory for an event");
    // The view is another one after the memory has grown.
    const { HEAPU8 } = module;
    HEAPU8.set(text, at);
    HEAPU8[at + text.length] = 0;
    const value = ffi.QTS_NewString(ctx.value, at);
    module._free(at);
    return value;
  }

  function read(value: number): Uint8Array {
    const at = ffi.QTS_GetString(ctx.value, value);
    assert(at !== 0, "the engine has no memory for an event");
    const { HEAPU8 } = module;
    const bytes = HEAPU8.slice(at, HEAPU8.indexOf(0, at));
    ffi.QTS_FreeCString(ctx.value, at);
    return bytes;
  }

  return {
    call(func, text) {
      const arg = write(text);
      new DataView(module.HEAPU8.buffer).setUint32(args, arg, true);
      const value = ffi.QTS_Call(ctx.value, func.value, self, 1, args);
      ffi.QTS_FreeValuePointer(ctx.value, arg);
      const thrown = ffi.QTS_ResolveException(ctx.value, value);
      const called = thrown === 0 ? { text: read(value) } : { thrown: memory.heapValueHandle(thrown) };
      ffi.QTS_FreeValuePointer(ctx.value, value);
      return called;
    },
    dispose: () => module._free(args),
  };
}
