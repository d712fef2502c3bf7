/** Innocents that the kernels change all the same: key and value as JSON, and why that is the lesser harm. */
export const changedInnocents: readonly (readonly [innocent: string, why: string])[] = [];
