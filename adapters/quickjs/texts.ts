import type { loadQuickJs } from "@sebastianwessel/quickjs";
import { assert } from "../../domain/model/failure.ts";

type Context = ReturnType<Awaited<ReturnType<typeof loadQuickJs>>["module"]["newContext"]>;
type Handle = ReturnType<Context["newString"]>;

/** Moves texts between a context and this side as bytes. */
export interface Texts {
  /** Shape: a string of the context; UTF-8 without a zero byte goes in. */
  write(text: Uint8Array): Handle;
  /** Shape: a copy of a string's UTF-8, up to its first zero byte. */
  read(text: Handle): Uint8Array;
  /** A string of the context that is made once for as long as the text is the same; not to be disposed of. */
  keep(text: string): Handle;
  dispose(): void;
}

/** What of a context its own `newString` and `getString` are made of; the package's version is pinned. */
interface Inside {
  readonly ctx: { readonly value: number };
  readonly ffi: {
    QTS_NewString(context: number, at: number): number;
    QTS_GetString(context: number, value: unknown): number;
    QTS_FreeCString(context: number, at: number): void;
  };
  readonly memory: { heapValueHandle(value: number): Handle };
  readonly module: { readonly HEAPU8: Uint8Array; _malloc(bytes: number): number; _free(at: number): void };
}

/**
 * Opens a context's memory for texts. Events are bytes on both sides: to make strings of them on the way, as the
 * package does, takes longer than moving them.
 */
export function openTexts(context: Context): Texts {
  const { ctx, ffi, memory, module } = context as unknown as Inside;
  let kept: { readonly text: string; readonly handle: Handle } | null = null;
  const dispose = () => {
    kept?.handle.dispose();
    kept = null;
  };
  return {
    write(text) {
      const at = module._malloc(text.length + 1);
      assert(at !== 0, "the engine has no memory for an event");
      // The view is another one after the memory has grown.
      module.HEAPU8.set(text, at);
      module.HEAPU8[at + text.length] = 0;
      const value = ffi.QTS_NewString(ctx.value, at);
      module._free(at);
      return memory.heapValueHandle(value);
    },
    read(text) {
      const at = ffi.QTS_GetString(ctx.value, text.value);
      assert(at !== 0, "the engine has no memory for an event");
      const bytes = module.HEAPU8.slice(at, module.HEAPU8.indexOf(0, at));
      ffi.QTS_FreeCString(ctx.value, at);
      return bytes;
    },
    keep(text) {
      if (kept?.text === text) return kept.handle;
      dispose();
      kept = { text, handle: context.newString(text) };
      return kept.handle;
    },
    dispose,
  };
}
