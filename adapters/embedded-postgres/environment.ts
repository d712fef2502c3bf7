import process from "node:process";

/** What Postgres sees of our environment: no PG* variable that would steer it, and none of Tidegate's secrets. */
export function postgresEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LANG: "C", LC_ALL: "C", TZ: "UTC" };
}
