// Writes domain/data-layer/phone-table.ts anew: node_modules/.bin/bun test/generators/write-phone-table.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { phoneTableText } from "./phone-table.ts";

writeFileSync(fileURLToPath(new URL("../../domain/data-layer/phone-table.ts", import.meta.url)), phoneTableText());
