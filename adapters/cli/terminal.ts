/** What a command sees of the terminal, so that tests can be one. */
export interface Terminal {
  readonly input: AsyncIterable<Uint8Array>;
  /** Size of the input where it is a file. Units: bytes. */
  readonly inputBytes: number | null;
  /** Whether someone is typing the input. */
  readonly inputIsTyped: boolean;
  /** Standard output; resolves when there is room for more, so that no reader is outrun. */
  write(text: string): Promise<void>;
  /** Standard error: for people. */
  note(text: string): void;
  /** Whether standard output takes colours; NO_COLOR counts. */
  readonly colours: boolean;
  /** Whether someone watches standard error while the output goes elsewhere. */
  readonly isWatched: boolean;
  /** Errors: throws what the system says, with its code. */
  readFile(path: string, bytesMax: number): Promise<Uint8Array>;
}

/** Exit codes: what was looked at is fine, has faults, or the command itself was wrong. */
export const exitCodes = { ok: 0, faults: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

export type Paint = (style: keyof typeof styles, text: string) => string;

/** Makes the painter of a terminal: without colours it changes nothing. */
export function createPaint(colours: boolean): Paint {
  return (style, text) => (colours ? `\u001b[${styles[style]}m${text}\u001b[0m` : text);
}

const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A text of someone else's in one line, unable to steer the terminal it is shown on. */
export function printable(text: string): string {
  return text.replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export interface Progress {
  /** How much of all is done, and what was counted so far. */
  show(done: number, counted: number): void;
  clear(): void;
}

const quietMs = 400;
const redrawMs = 100;
const barChars = 24;
const clearLine = "\r\u001b[K";

/** Shows how far a long run is, where someone watches; a short one shows nothing. */
export function createProgress(
  terminal: Terminal,
  nowMs: () => number,
  of: { readonly all: number | null; readonly unit: string } = { all: terminal.inputBytes, unit: "events" },
): Progress {
  const startedMs = nowMs();
  let drawnMs = 0;
  return {
    show(done, counted) {
      if (!terminal.isWatched || nowMs() - startedMs < quietMs || nowMs() - drawnMs < redrawMs) return;
      drawnMs = nowMs();
      terminal.note(`${clearLine}${barOf(done, of.all)}${counted.toLocaleString("en")} ${of.unit}`);
    },
    clear() {
      if (drawnMs > 0) terminal.note(clearLine);
    },
  };
}

function barOf(done: number, all: number | null): string {
  if (all === null || all === 0) return "";
  const share = Math.min(1, done / all);
  const full = Math.round(share * barChars);
  return `[${"#".repeat(full)}${"-".repeat(barChars - full)}] ${Math.floor(share * 100)}%  `;
}
