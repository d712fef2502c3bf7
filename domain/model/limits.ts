/**
 * Every bound of Tidegate in one place, unit last, so that a reader can see what an operator may rely on.
 * Those an operator may set are overridden by `Limits` in the configuration; the others are fixed.
 */
export const eventBytesMax = 32 * 1024;
export const bodyBytesMax = 500 * 1024;
export const batchEventsMax = 2_500;
/** Levels of an event, itself the first. */
export const jsonDepthMax = 32;
/** Levels of a body: deeper than any event may be, and no deeper than what walks a body may go. */
export const bodyDepthMax = 512;
/** Bytes that a batch's own `context` and `integrations` add to all of its events together, as sent. */
export const batchMembersBytesMax = 1024 * 1024;
/** Bytes of an id or a name (messageId, userId, anonymousId, event) in UTF-8: they are keys of indexes. */
export const fieldBytesMax = 512;

export const customPatternsMax = 200;
export const patternCharsMax = 256;
/** What all patterns for bots of an organisation may take of one User-Agent, of which a body may hold thousands. */
export const userAgentPatternsNsMax = 250_000;
/** Of a User-Agent: what `custom_patterns` see of it. */
export const judgedCharsMax = 512;
export const piiPathsMax = 300;
export const routingRulesMax = 300;
export const consentCategoriesMax = 200;
export const categoryCharsMax = 100;
export const conditionCharsMax = 4_096;
/** Of a text, in UTF-8: what `contains`, `matches` and `lower()` see of it. */
export const conditionTextBytesMax = 2_048;
/** Characters of a number that conditions compare. */
export const conditionNumberCharsMax = 100;
/** What all conditions of an organisation may take of one event, whatever is in it. Units: nanoseconds. */
export const conditionsNsMax = 1_000_000;
export const customJsBytesMax = 64 * 1024;

export const transformationsMax = 20;
export const transformationRulesMax = 100;
export const transformationPathSegmentsMax = 16;

export const userAgentCacheEntriesMax = 10_000;
export const sourceCacheEntriesMax = 50_000;
/** Of data layers as JSON, over all keys that the cache knows: many large ones must not cost more than many keys. */
export const sourceCacheConfigBytesMax = 16 * 1024 * 1024;

export const streamBacklogBytesMax = 2 * 1024 * 1024 * 1024;
export const processRecordsMax = 200;
export const processBytesMax = 8 * 1024 * 1024;

/** In one request to a vendor: what a poison can hold up. */
export const relayBatchEventsMax = 200;
/** In one claim, several requests one after another: what it costs to claim and settle is shared by all of them. */
export const relayClaimEventsMax = 1_000;
/** So many that an outage of a day ends before them, whatever the jitter. */
export const deliveryAttemptsMax = 60;
export const ambiguityHorizonMs = 48 * 3_600_000;
/** Dead letters that one call moves back into the queue. */
export const redriveLettersMax = 10_000;
/** How long a verification waits for its vendor: a caller's connection may be idle for longer, and hears the answer. */
export const verificationMsMax = 20_000;
/** The longest a vendor's adapter may take for a request: then its answer counts as lost. */
export const requestMsMax = 15_000;
export const dedupWindowDays = 8;

/** A process that has not heard of configuration changes for this long refuses to ingest (503). */
export const staleConfigurationMs = 60_000;

export const pageItemsDefault = 50;
export const pageItemsMax = 500;
/** Of a page of events: it ends with the event before the one that would pass this. */
export const pageBytesMax = 1024 * 1024;

export const membersPerOrgMax = 1_000;
export const invitationsPerOrgMax = 200;
export const apiTokensPerMemberMax = 100;
/** Versions of a data layer that may be made within the days in which a waiting record may name one. */
export const recentVersionDays = 8;
export const recentVersionsMax = 2_000;
export const recentVersionBytesMax = 64 * 1024 * 1024;
/** Older versions are forgotten beyond these. */
export const keptVersionsMax = 1_000;
export const keptVersionBytesMax = 64 * 1024 * 1024;
/** Logins of one member that are open at once, and exchanged refresh tokens remembered of each. */
export const loginsPerMemberMax = 50;
export const loginTokensPerFamilyMax = 100;
export const projectsPerOrgMax = 500;
export const sourcesPerOrgMax = 2_000;
export const eventsPerSecondCeiling = 1_000_000;

/** The limits an operator may set; defaults are the constants above. */
export interface Limits {
  readonly eventBytesMax: number;
  readonly bodyBytesMax: number;
  readonly batchEventsMax: number;
  readonly jsonDepthMax: number;
}

export const defaultLimits: Limits = { eventBytesMax, bodyBytesMax, batchEventsMax, jsonDepthMax };
