/** How far a request's time may be from the receiver's. */
export const clockSkewMsMax = 5 * 60_000;
export const timestampForm = /^\d{10}$/;
export const signatureForm = /^sha256=[0-9a-f]{64}(,sha256=[0-9a-f]{64})?$/;
export const deliveryForm = /^whd_[0-9a-f]{32}$/;
export const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const eventsMax = 200;
export const types: ReadonlySet<string> = new Set(["track", "page", "screen", "identify"]);
export const hashedKeys: ReadonlySet<string> = new Set(["email_sha256", "phone_sha256", "phone_e164_sha256"]);
