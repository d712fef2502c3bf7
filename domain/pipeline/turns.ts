/** Lets everything else that waits in this process go first. */
export type Pause = () => Promise<void>;

/** Runs long work piece by piece: `work` does one piece and says whether it was the last. */
export type RunInTurns = (orgId: string, work: () => boolean) => Promise<void>;

interface Waiting {
  readonly work: () => boolean;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Makes what divides the thread among organisations with long work: one piece at a time, after each a pause, each
 * organisation in turn however many of its requests wait. Within one, the first that came is finished first.
 */
export function createScheduler(pause: Pause): RunInTurns {
  const lines = new Map<string, Waiting[]>();
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    for (let next = lines.entries().next(); !next.done; next = lines.entries().next()) {
      const [orgId, line] = next.value;
      lines.delete(orgId);
      if (isOver(line[0] as Waiting)) line.shift();
      if (line.length > 0) lines.set(orgId, line);
      await pause();
    }
    isRunning = false;
  }

  function isOver({ work, done, failed }: Waiting): boolean {
    try {
      if (!work()) return false;
      done();
    } catch (error) {
      failed(error);
    }
    return true;
  }

  return (orgId, work) =>
    new Promise((done, failed) => {
      const line = lines.get(orgId) ?? [];
      line.push({ work, done, failed });
      lines.set(orgId, line);
      if (!isRunning) void run();
    });
}
