import type { Result } from "../domain/model/failure.ts";
import type { SealedSecret } from "../domain/model/tenant.ts";

/** A row that holds sealed secrets, each under the column that it is sealed for. */
export interface SecretRow {
  readonly orgId: string;
  readonly table: string;
  /** The row's own key in its table. */
  readonly key: string;
  /** What its secrets are sealed for. */
  readonly id: string;
  readonly sealed: Readonly<Record<string, SealedSecret>>;
}

export interface SecretPage {
  /** All of one organisation; there may be none on a page that is not the last. */
  readonly rows: readonly SecretRow[];
  /** Null after the last page. */
  readonly next: string | null;
}

/** Every sealed secret of every organisation, for work on the vault's keys. */
export interface SecretStore {
  /** Lets one at a time work on the keys; null if another does. The turn ends with its holder, however that dies. */
  takeTurn(): Promise<Result<{ end(): Promise<void> } | null>>;
  page(cursor: string | null, rowsMax: number): Promise<Result<SecretPage>>;
  /**
   * Puts other sealed forms in the place of those that were read, in one transaction, and announces the change.
   * Rows that changed in between are left alone. Shape: keys of the rows that were changed.
   */
  replace(
    orgId: string,
    rows: readonly { readonly from: SecretRow; readonly to: SecretRow }[],
  ): Promise<Result<ReadonlySet<string>>>;
}
