// Measures time: a change is heard of within the second that is promised, on a machine with nothing else to do.
import { describeTwoServers } from "./two-servers.ts";

describeTwoServers(1_000);
