/** Why a process should be sent no requests for now, beyond what its stream and its configuration say. */
export type Trouble = "store_damaged" | "store_disk_full" | "worker_ends";

/** What a process knows of its troubles; `/ready` answers 503 with them while there are any. */
export interface Troubles {
  set(trouble: Trouble, isThere: boolean): void;
  /** Sets one for a while, where nothing tells when it is over. Units: milliseconds. */
  note(trouble: Trouble, forMs: number): void;
  list(): readonly Trouble[];
}
