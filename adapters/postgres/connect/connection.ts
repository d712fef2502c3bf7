import pg from "pg";
import { parseExact } from "../../../domain/model/json/exact-json.ts";

/** How to reach Postgres as one role. */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** TLS, for a server that is not on this machine; `verify: false` encrypts without checking the certificate. */
  readonly tls?: { readonly verify: boolean };
}

export const statementTimeoutMs = 30_000;
/** How much later than the server its silence is told from slowness. */
const silenceFactor = 1.2;
const connectTimeoutMs = 5_000;
const idleTimeoutMs = 30_000;

const int8Oid = 20;
const jsonOid = 114;
const jsonbOid = 3802;
const timestamptzOid = 1184;
const uuidArrayOid = 2951;
const parseTimestamp = pg.types.getTypeParser(timestamptzOid, "text") as (text: string) => Date;

/**
 * Counts as numbers and times as milliseconds; JSON with the digits of its integers, which an event's sender chose.
 * Lists of ids are cut at their commas, since ids are never quoted; `pg` would read them letter by letter.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (format !== "binary" && oid === int8Oid) return Number;
    if (format !== "binary" && (oid === jsonbOid || oid === jsonOid)) return parseExact;
    if (format !== "binary" && oid === uuidArrayOid) return idsOf;
    if (format !== "binary" && oid === timestamptzOid) return (text: string) => parseTimestamp(text).getTime();
    return pg.types.getTypeParser(oid, format as "text");
  },
} as pg.CustomTypesConfig;

function idsOf(text: string): string[] {
  return text === "{}" ? [] : text.slice(1, -1).split(",");
}

/** The settings `pg` takes for a login; shared by pools and by connections that listen. */
export function clientConfig(login: DatabaseLogin, applicationName: string): pg.ClientConfig {
  return {
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.user,
    password: login.password,
    ssl: login.tls ? { rejectUnauthorized: login.tls.verify } : false,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
  };
}

/**
 * Opens a pool; connections are made when they are needed. The server ends a statement that takes too long; where it
 * has fallen silent itself (a network that swallows what is sent), the query fails here soon after. A connection that
 * breaks is its query's matter, or the next one's: `pg` also emits an error on it, busy or idle, which would end the
 * process if nobody heard it.
 */
export function openPool(
  login: DatabaseLogin,
  applicationName: string,
  connectionsMax: number,
  statementMs = statementTimeoutMs,
): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(login, applicationName),
    max: connectionsMax,
    idleTimeoutMillis: idleTimeoutMs,
    statement_timeout: statementMs,
    query_timeout: statementMs * silenceFactor,
    idle_in_transaction_session_timeout: statementMs,
  });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
