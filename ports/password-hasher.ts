import type { Result } from "../domain/model/failure.ts";

/** Makes passwords into something that is safe to keep. Work is bounded: it costs time and memory on purpose. */
export interface PasswordHasher {
  /** Shape: the PHC string format, with parameters and salt. Errors: `hashing_full`. */
  hash(password: string): Promise<Result<string>>;
  /** Against null it takes as long and answers false, so that time tells nothing. Errors: `hashing_full`. */
  verify(password: string, hash: string | null): Promise<Result<boolean>>;
}
