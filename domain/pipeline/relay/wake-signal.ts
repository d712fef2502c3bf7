/** Something may have changed: anyone says so, and one waits for it. */
export interface WakeSignal {
  raise(): void;
  /** Resolves when the signal is raised, or at once if it was raised since it was last awaited. */
  raised(): Promise<void>;
}

/** Makes a signal that is not lost between two looks, however often it is raised. */
export function createWakeSignal(): WakeSignal {
  let waiting: (() => void) | null = null;
  let isRaised = false;

  return {
    raise() {
      isRaised = true;
      waiting?.();
    },
    async raised() {
      if (!isRaised) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
      waiting = null;
      isRaised = false;
    },
  };
}
