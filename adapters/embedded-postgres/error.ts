export type EmbeddedPostgresCode =
  | "directory_in_use"
  | "directory_not_ours"
  | "initialisation_failed"
  | "no_unprivileged_user"
  | "password_missing"
  | "stale_server_stuck"
  | "start_failed"
  | "unsupported_platform";

/** Why the embedded Postgres can't run, in words that name the next step; main prints them and exits. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresCode;

  constructor(code: EmbeddedPostgresCode, message: string) {
    super(message);
    this.name = "EmbeddedPostgresError";
    this.code = code;
  }
}
