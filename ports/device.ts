/** What is kept of a User-Agent. */
export interface DeviceFacts {
  readonly type: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly os: string | null;
  readonly osVersion: string | null;
  readonly browser: string | null;
  readonly browserVersion: string | null;
}

export interface DeviceVerdict {
  /** JSON object text in UTF-8 of the non-null facts, for the kernel; null if nothing is known. */
  readonly json: Uint8Array | null;
  readonly facts: DeviceFacts;
  /** A named crawler, whatever it poses as; the name of an HTTP client or an SDK is none. */
  readonly knownBot: boolean;
}

/** Parses User-Agents and forgets them: cached under a keyed hash only, in a bounded map. */
export interface Device {
  parse(userAgent: string): DeviceVerdict;
}
