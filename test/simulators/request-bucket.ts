const secondMs = 1_000;

/** Counts requests of each second and lets no more than `requestsMax` of them in. Returns whether one may enter. */
export function openRequestBucket(requestsMax: number): (nowMs: number) => boolean {
  let second = Number.NaN;
  let requests = 0;
  return (nowMs) => {
    const current = Math.floor(nowMs / secondMs);
    if (current !== second) {
      second = current;
      requests = 0;
    }
    requests += 1;
    return requests <= requestsMax;
  };
}
