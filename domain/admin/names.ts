import { findPersonal, sayPersonal } from "../data-layer/personal-texts.ts";
import type { InputFault } from "./refusal.ts";

export const nameCharsMax = 200;

/** What is wrong with the name of a member, a token, a project …: nothing of a person may rest anywhere in clear. */
export function nameFaults(name: string | undefined): InputFault[] {
  const personal = name === undefined ? null : findPersonal(name, "name");
  if (personal === null) return [];
  const { code, message } = sayPersonal(personal);
  if (personal.kind !== "email") return [{ path: "name", code, message, hint: "Choose a name without it." }];
  return [{ path: "name", code: "email_in_name", message: "Choose a name without an email address in it." }];
}

/** A time as answers show it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
