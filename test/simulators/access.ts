/** What events are sent to, a dataset or a pixel or an app, with the tokens that open it. */
export type Target = { id: string; tokens: readonly string[] };

/** How a door stands to a token: who has to be told what is the vendor's own matter. */
export type Entry = "open" | "no_token" | "bad_token" | "expired_token" | "unknown_target" | "forbidden_target";

/** Who may write where. */
export type Access = {
  /** Whether a token is one at all. */
  know: (token: string) => Entry;
  /** Whether a known token opens a target. */
  enter: (token: string, target: string) => Entry;
  revoke: (token: string) => void;
  restore: (token: string) => void;
  reset: () => void;
};

/** Without targets any token opens any of them, unless the word `revoked` or `expired` is in it. */
export function openAccess(targets: readonly Target[] | undefined): Access {
  const revoked = new Set<string>();
  const isKnown = (token: string) =>
    targets === undefined ? !token.includes("revoked") : targets.some(({ tokens }) => tokens.includes(token));

  return {
    know: (token) => {
      if (token === "") return "no_token";
      if (revoked.has(token) || !isKnown(token)) return "bad_token";
      return token.includes("expired") ? "expired_token" : "open";
    },
    enter: (token, target) => {
      if (targets === undefined) return "open";
      const found = targets.find(({ id }) => id === target);
      if (found === undefined) return "unknown_target";
      return found.tokens.includes(token) ? "open" : "forbidden_target";
    },
    revoke: (token) => revoked.add(token),
    restore: (token) => revoked.delete(token),
    reset: () => revoked.clear(),
  };
}
