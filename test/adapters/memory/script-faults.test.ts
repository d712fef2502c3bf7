import { openMemoryScriptFaultStore } from "../../../adapters/memory/script-fault-store.ts";
import { scriptFaultStoreSuite } from "../../contracts/script-fault-store.ts";

scriptFaultStoreSuite("memory", openMemoryScriptFaultStore());
