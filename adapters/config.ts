import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { defaultLimits, type Limits } from "../domain/model/limits.ts";

/** What a process of Tidegate does. One process may have several roles; the default start has all. */
export const processRoles = ["ingest", "admin", "process", "relay"] as const;
export type ProcessRole = (typeof processRoles)[number];

/** How to reach Postgres as one of the application's roles. */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Both logins of the application: for one tenant's requests, and for the pipeline's batches. */
export interface DatabaseLogins {
  readonly admin: DatabaseLogin;
  readonly pipeline: DatabaseLogin;
}

export interface Config {
  readonly roles: readonly ProcessRole[];
  readonly dataDir: string;
  readonly secretsDir: string;
  readonly ingestHost: string;
  readonly ingestPort: number;
  readonly adminHost: string;
  readonly adminPort: number;
  /** URL of an operator's Postgres as a role that may create roles; null: the embedded one. */
  readonly databaseUrl: string | null;
  /** Set for a worker that another Tidegate process started: the database is up and migrated. */
  readonly logins: DatabaseLogins | null;
  /** Set for a process that answers trials and lists for another one: who asks it must say this. */
  readonly apartSecret: string | null;
  readonly vaultKey: string | null;
  /** Keys before the current one, which open what they sealed. */
  readonly vaultKeysOld: readonly string[];
  readonly geoipDatabase: string | null;
  /** Path of an operator's IAB/ABC International Spiders & Bots List. */
  readonly iabBotList: string | null;
  readonly trustedProxies: readonly string[];
  /** Where people reach the admin listener by a name; null: by `localhost` or an address. */
  readonly adminUrl: string | null;
  /** Where browsers reach the ingest listener; null: what their requests say. */
  readonly publicUrl: string | null;
  readonly metaBaseUrl: string;
  readonly tiktokBaseUrl: string;
  /** Lets webhooks go to plain http and to addresses that are not of the public internet. */
  readonly webhookAllowPrivate: boolean;
  readonly appleBaseUrl: string;
  readonly limits: Limits;
}

/** A setting that can't be used; the message says which, and what to do. It never carries a secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const portMax = 65_535;
const argumentCharsMax = 60;
const vaultKeyForm = /^[0-9a-f]{64}$/i;
const hostForm = /^[A-Za-z0-9._-]+$/;
const sslModes: readonly string[] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const limitMax = 64 * 1024 * 1024;

/**
 * Reads the configuration from the environment and the command line; everything has a default.
 *
 * Errors: `ConfigError`, naming the variable.
 */
export function readConfig(env: Environment, args: readonly string[]): Config {
  const config = settingsOf(env, args);
  if (config.ingestPort !== 0 && config.ingestPort === config.adminPort) {
    throw new ConfigError("TIDEGATE_INGEST_PORT and TIDEGATE_ADMIN_PORT must differ: each listener has its own port");
  }
  return config;
}

function settingsOf(env: Environment, args: readonly string[]): Config {
  return {
    roles: readRoles(args),
    dataDir: resolve(text(env, "TIDEGATE_DATA_DIR") ?? "data"),
    secretsDir: resolve(text(env, "TIDEGATE_SECRETS_DIR") ?? "secrets"),
    ingestHost: host(env, "TIDEGATE_INGEST_HOST", "0.0.0.0"),
    ingestPort: whole(env, "TIDEGATE_INGEST_PORT", 8080, 0, portMax),
    adminHost: host(env, "TIDEGATE_ADMIN_HOST", "127.0.0.1"),
    adminPort: whole(env, "TIDEGATE_ADMIN_PORT", 8084, 0, portMax),
    databaseUrl: postgresUrl(env),
    logins: readLogins(env),
    apartSecret: text(env, apartVariable),
    vaultKey: vaultKeys(env, "TIDEGATE_VAULT_KEY", 1)[0] ?? null,
    vaultKeysOld: vaultKeys(env, "TIDEGATE_VAULT_KEYS_OLD", Number.POSITIVE_INFINITY),
    geoipDatabase: text(env, "GEOIP_DATABASE"),
    iabBotList: text(env, "IAB_BOT_LIST"),
    trustedProxies: list(text(env, "TRUSTED_PROXIES")),
    adminUrl: origin(env, "TIDEGATE_ADMIN_URL", "https://tidegate.example.com"),
    publicUrl: origin(env, "TIDEGATE_PUBLIC_URL", "https://events.example.com"),
    metaBaseUrl: baseUrl(env, "TIDEGATE_META_BASE_URL", "https://graph.facebook.com"),
    tiktokBaseUrl: baseUrl(env, "TIDEGATE_TIKTOK_BASE_URL", "https://business-api.tiktok.com"),
    webhookAllowPrivate: yesOrNo(env, "TIDEGATE_WEBHOOK_ALLOW_PRIVATE"),
    appleBaseUrl: baseUrl(env, "TIDEGATE_APPLE_BASE_URL", "https://api-adservices.apple.com"),
    limits: {
      eventBytesMax: whole(env, "TIDEGATE_EVENT_BYTES_MAX", defaultLimits.eventBytesMax, 1, limitMax),
      bodyBytesMax: whole(env, "TIDEGATE_BODY_BYTES_MAX", defaultLimits.bodyBytesMax, 1, limitMax),
      batchEventsMax: whole(env, "TIDEGATE_BATCH_EVENTS_MAX", defaultLimits.batchEventsMax, 1, 100_000),
      jsonDepthMax: whole(env, "TIDEGATE_JSON_DEPTH_MAX", defaultLimits.jsonDepthMax, 4, 256),
    },
  };
}

/** Where the vault's keys are, as the vault is opened with them. */
export function vaultKeysOf(config: Pick<Config, "secretsDir" | "vaultKey" | "vaultKeysOld">) {
  const { secretsDir, vaultKey, vaultKeysOld: oldKeys } = config;
  return vaultKey === null ? { keyPath: join(secretsDir, "vault.key"), oldKeys } : { key: vaultKey, oldKeys };
}

/** Where the first start writes the addresses and keys a newcomer needs. */
export function credentialsPath(config: Pick<Config, "secretsDir">): string {
  return join(config.secretsDir, "credentials.json");
}

/** The variable through which a process of trials and lists is handed its secret. */
export const apartVariable = "TIDEGATE_APART_SECRET";

/** The variable through which a worker is handed its database logins. */
export const loginsVariable = "TIDEGATE_WORKER_LOGINS";

function readRoles(args: readonly string[]): ProcessRole[] {
  const [option, roles, ...others] = args;
  if (option === undefined) return [...processRoles];
  const unknown = option === "--role" ? others : args.filter((item) => item !== "--role");
  if (unknown.length > 0) {
    const named = unknown.map((item) => JSON.stringify(item.slice(0, argumentCharsMax))).join(", ");
    throw new ConfigError(`${named}: no such argument; npm start -- --help shows those that there are`);
  }
  const named = list(roles ?? "");
  if (named.length === 0) throw new ConfigError(`--role needs a list of ${processRoles.join(", ")}`);
  for (const role of named) {
    if (!(processRoles as readonly string[]).includes(role)) {
      throw new ConfigError(`--role knows ${processRoles.join(", ")}; leave it out to run all of them in one`);
    }
  }
  return named as ProcessRole[];
}

function readLogins(env: Environment): DatabaseLogins | null {
  const value = env[loginsVariable];
  return value ? (JSON.parse(value) as DatabaseLogins) : null;
}

function text(env: Environment, name: string): string | null {
  const value = env[name]?.trim();
  return value ? value : null;
}

function list(value: string | null): string[] {
  return (value ?? "")
    .split(/[\s,]+/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function whole(env: Environment, name: string, otherwise: number, min: number, max: number): number {
  const value = text(env, name);
  if (value === null) return otherwise;
  const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}`);
  }
  return number;
}

/** An address or a name to listen on; an IPv6 address may stand in brackets, as in a URL. */
function host(env: Environment, name: string, otherwise: string): string {
  const value = (text(env, name) ?? otherwise).replace(/^\[(.*)\]$/, "$1");
  if (isIP(value) === 0 && !hostForm.test(value)) {
    throw new ConfigError(`${name} must be an address or a host name, such as ${otherwise}, without a port`);
  }
  return value;
}

function vaultKeys(env: Environment, name: string, keysMax: number): string[] {
  const keys = list(text(env, name));
  if (keys.length > keysMax || !keys.every((key) => vaultKeyForm.test(key))) {
    throw new ConfigError(`${name} must be 64 hexadecimal characters, as openssl rand -hex 32 makes them`);
  }
  return keys;
}

function yesOrNo(env: Environment, name: string): boolean {
  const value = text(env, name) ?? "0";
  if (value !== "0" && value !== "1") throw new ConfigError(`${name} must be 1 or 0`);
  return value === "1";
}

function baseUrl(env: Environment, name: string, otherwise: string): string {
  const value = text(env, name) ?? otherwise;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new ConfigError(`${name} must be an http or https URL, such as ${otherwise}`);
  }
  return value.replace(/\/+$/, "");
}

/** An origin alone: what analytics.js is told has no room for a path. */
function origin(env: Environment, name: string, example: string): string | null {
  const value = text(env, name);
  if (value === null) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== "/" ||
    url.search ||
    url.hash ||
    url.username
  ) {
    throw new ConfigError(`${name} must be an http or https URL without a path, such as ${example}`);
  }
  return url.origin;
}

function postgresUrl(env: Environment): string | null {
  const value = text(env, "DATABASE_URL");
  if (value === null) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || !url.username || !isEncoded(url)) {
    throw new ConfigError(
      "DATABASE_URL must look like postgres://user:password@host:5432/database; what is special in a URL stands " +
        "percent-encoded, @ as %40",
    );
  }
  if (!sslModes.includes(url.searchParams.get("sslmode") ?? "disable")) {
    throw new ConfigError(`DATABASE_URL: sslmode is one of ${sslModes.join(", ")}`);
  }
  return value;
}

function isEncoded({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    return false;
  }
}
