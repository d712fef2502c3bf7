import { describeTwoServers } from "./two-servers.ts";

/** However busy the machine is; that a second is enough is a long test, by its time. */
describeTwoServers(60_000);
