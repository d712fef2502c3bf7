/** One line of the input, without its end. `bytes` is null for a line longer than may be held. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array | null;
  /** Of the input, this line included. */
  readonly doneBytes: number;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Cuts a stream into lines, holding one at a time: what is beyond `lineBytesMax` is skipped, not kept. */
export async function* readLines(input: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  let doneBytes = 0;

  function take(part: Uint8Array): void {
    length += part.length;
    if (length <= lineBytesMax) parts.push(part.slice());
    else parts = [];
  }

  function end(): Line {
    const bytes = length <= lineBytesMax ? withoutReturn(join(parts, length)) : null;
    parts = [];
    length = 0;
    number += 1;
    return { number, bytes, doneBytes };
  }

  for await (const chunk of input) {
    let from = 0;
    for (let to = chunk.indexOf(newline); to >= 0; to = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, to));
      doneBytes += to + 1 - from;
      yield end();
      from = to + 1;
    }
    take(chunk.subarray(from));
    doneBytes += chunk.length - from;
  }
  if (length > 0) yield end();
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}
