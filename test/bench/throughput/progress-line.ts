import process from "node:process";

const barChars = 24;
const lineChars = 78;

/** A bar on standard error with the step that is under way; silent where nobody looks. */
export function openProgressLine(stepsTotal: number): { step(name: string): void; end(): void } {
  const isShown = Boolean(process.stderr.isTTY);
  let done = -1;
  const clear = () => process.stderr.write(`\r${" ".repeat(lineChars)}\r`);
  return {
    step(name) {
      done = Math.min(done + 1, stepsTotal);
      if (!isShown) return;
      const filled = Math.round((done / stepsTotal) * barChars);
      clear();
      process.stderr.write(`${"█".repeat(filled)}${"░".repeat(barChars - filled)} ${done}/${stepsTotal} ${name}`);
    },
    end() {
      if (isShown) clear();
    },
  };
}
