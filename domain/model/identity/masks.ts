/** What the detector writes in the place of what it found (domain/data-layer/detector). */
export const emailMask = "[email]";
export const phoneMask = "[phone]";
export const ipMask = "[ip]";
export const userAgentMask = "[user_agent]";

/** True if something was masked in a text: no vendor can match what is left of it. */
export function holdsMask(text: string): boolean {
  return [emailMask, phoneMask, ipMask, userAgentMask].some((mask) => text.includes(mask));
}
