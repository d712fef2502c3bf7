import { openMemoryStream } from "../../../adapters/memory/stream.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { eventStreamSuite } from "../../contracts/event-stream.ts";

eventStreamSuite("memory", async (bounds) => ({
  stream: openMemoryStream({ clock: openSystemClock(), ...bounds }),
  reopen: { skip: "the memory stream dies with its process" },
  remove: async () => {},
}));
