/** Something may have changed: rung by anyone, heard by one. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or at once if it rang since it was last heard. */
  rung(): Promise<void>;
}

/** Makes a bell that loses no ring between two looks, however many things ring it. */
export function createBell(): Bell {
  let waiting: (() => void) | null = null;
  let rang = false;

  return {
    ring() {
      rang = true;
      waiting?.();
    },
    async rung() {
      if (!rang) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
      waiting = null;
      rang = false;
    },
  };
}
