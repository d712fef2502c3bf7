/** Where an address is, coarsely. Country is ISO 3166-1 alpha-2; region is the ISO 3166-2 part behind the dash. */
export interface GeoPlace {
  readonly country: string;
  readonly region: string | null;
}

/** Resolves an address to a region and forgets the address. */
export interface Geo {
  /** Null for private, malformed and unknown addresses. Never throws, logs or keeps its input. */
  locate(ip: string): GeoPlace | null;
  /** Name and licence line of the data, shown in the README and `/health`. */
  readonly attribution: string;
}
