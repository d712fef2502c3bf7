import type { SecretRow, SecretStore } from "../../../ports/secret-store.ts";
import type { SecretPlace, Vault } from "../../../ports/vault.ts";
import { type Result, succeed } from "../../model/failure.ts";
import type { SealedSecret } from "../../model/tenant.ts";

const batchRowsMax = 100;
/** More than the tables of one organisation. */
const triedPagesMax = 8;

/** How many secrets are sealed with which key. */
export interface SecretCounts {
  readonly current: number;
  readonly old: number;
  /** Sealed with a key that is not known here, or damaged: no rotation can help those. */
  readonly unreadable: number;
}

export interface Resealed {
  readonly resealed: number;
  /** They were changed by someone else while this ran. */
  readonly leftAlone: number;
  readonly interrupted: boolean;
}

export interface RotateVaultParts {
  readonly vault: Vault;
  readonly secrets: SecretStore;
}

/** Makes the use case that counts every secret by the key it is sealed with. */
export function createCountSecrets({ vault, secrets }: RotateVaultParts) {
  return async function countSecrets(): Promise<Result<SecretCounts>> {
    const counts = { current: 0, old: 0, unreadable: 0 };
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<SecretStore["page"]>> = await secrets.page(cursor, batchRowsMax);
      if (!page.ok) return page;
      for (const { sealed } of page.value.rows) {
        for (const one of Object.values(sealed)) counts[countOf(vault, one)] += 1;
      }
      cursor = page.value.next;
    } while (cursor !== null);
    return succeed(counts);
  };
}

/**
 * Makes the use case of a start: whether the vault's keys open any of the first secrets there are; true where there are
 * none. Keys that were lost or mixed up open none at all, so that a look at a page of rows will do.
 */
export function createTryVault({ vault, secrets }: RotateVaultParts) {
  return async function tryVault(): Promise<Result<boolean>> {
    let cursor: string | null = null;
    for (let pages = 0; pages < triedPagesMax; pages += 1) {
      const page: Awaited<ReturnType<SecretStore["page"]>> = await secrets.page(cursor, batchRowsMax);
      if (!page.ok) return page;
      const sealed = page.value.rows.flatMap((row) => Object.values(row.sealed));
      if (sealed.length > 0) return succeed(sealed.some((one) => countOf(vault, one) !== "unreadable"));
      cursor = page.value.next;
      if (cursor === null) break;
    }
    return succeed(true);
  };
}

function countOf(vault: Vault, sealed: SealedSecret): keyof SecretCounts {
  const age = vault.ageOf(sealed);
  return age === "unknown" ? "unreadable" : age;
}

/**
 * Makes the use case that seals with the current key what older ones sealed, batch after batch.
 *
 * Each batch is a transaction, so that a run that is interrupted, or killed, has done what it has done, and the next
 * one goes on. What changes while it runs is left alone: whoever changed it sealed it with the current key.
 */
export function createResealSecrets({ vault, secrets }: RotateVaultParts) {
  async function resealBatch(rows: readonly SecretRow[]): Promise<Result<Omit<Resealed, "interrupted">>> {
    const changes: { from: SecretRow; to: SecretRow; count: number }[] = [];
    for (const row of rows) {
      const { sealed, count } = await resealRow(vault, row);
      if (count > 0) changes.push({ from: row, to: { ...row, sealed }, count });
    }
    const replaced = await secrets.replace(rows[0]?.orgId ?? "", changes);
    if (!replaced.ok) return replaced;
    const sum = (changed: boolean) =>
      changes.reduce((total, { from, count }) => total + (replaced.value.has(from.key) === changed ? count : 0), 0);
    return succeed({ resealed: sum(true), leftAlone: sum(false) });
  }

  return async function resealSecrets(
    signal: AbortSignal,
    progress: (secretsDone: number) => void,
  ): Promise<Result<Resealed>> {
    const counts = { resealed: 0, leftAlone: 0 };
    let seen = 0;
    let cursor: string | null = null;
    do {
      if (signal.aborted) return succeed({ ...counts, interrupted: true });
      const page: Awaited<ReturnType<SecretStore["page"]>> = await secrets.page(cursor, batchRowsMax);
      if (!page.ok) return page;
      const batch = await resealBatch(page.value.rows);
      if (!batch.ok) return batch;
      counts.resealed += batch.value.resealed;
      counts.leftAlone += batch.value.leftAlone;
      seen += page.value.rows.reduce((sum, { sealed }) => sum + Object.keys(sealed).length, 0);
      progress(seen);
      cursor = page.value.next;
    } while (cursor !== null);
    return succeed({ ...counts, interrupted: false });
  };
}

/** A row's secrets, the old ones sealed anew, each in its own place; those that don't open stay as they are. */
async function resealRow(vault: Vault, { orgId, table, id, sealed: before }: SecretRow) {
  const sealed: Record<string, SealedSecret> = {};
  let count = 0;
  for (const [column, one] of Object.entries(before)) {
    sealed[column] = one;
    if (vault.ageOf(one) !== "old") continue;
    const place: SecretPlace = { orgId, table, column, id };
    const opened = await vault.open(one, place);
    if (!opened.ok) continue;
    sealed[column] = await vault.seal(opened.value, place);
    count += 1;
  }
  return { sealed, count };
}
