const addresses = new WeakMap<Request, string>();

/** Remembers the address a request's connection came from, for as long as the request lives. */
export function setPeer(request: Request, address: string | null): void {
  if (address !== null) addresses.set(request, address);
}

/** The address of the request's connection, or null where the runtime could not tell. */
export function peerOf(request: Request): string | null {
  return addresses.get(request) ?? null;
}
