const barChars = 30;

/** A progress bar on standard error; silent where nobody looks. */
export function openProgress(label: string, total: number, shown: boolean): { step(): void; done(): void } {
  let count = 0;
  const draw = () => {
    const filled = Math.round((count / total) * barChars);
    const bar = "█".repeat(filled) + "░".repeat(barChars - filled);
    process.stderr.write(`\r${label.padEnd(28)} ${bar} ${String(count).padStart(4)}/${total}`);
  };
  return {
    step() {
      count += 1;
      if (shown) draw();
    },
    done() {
      if (shown) process.stderr.write("\n");
    },
  };
}

/** A table with a rule below its head; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly (string | number)[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join("   ");
  return [line(head), widths.map((width) => "─".repeat(width)).join("   "), ...rows.map(line)].join("\n");
}

/** Indented JSON of at most `linesMax` lines. */
export function excerpt(value: unknown, linesMax: number): string {
  const lines = JSON.stringify(value, null, 2).split("\n");
  return lines.length <= linesMax ? lines.join("\n") : [...lines.slice(0, linesMax), "  …"].join("\n");
}
