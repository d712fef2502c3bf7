// Writes the table of consent's spellings: node_modules/.bin/bun test/generated/make-consent-table.ts
import { writeFileSync } from "node:fs";
import { renderConsentTable } from "../../domain/model/consent/spellings.ts";

writeFileSync(new URL("../../domain/model/consent/table.ts", import.meta.url), renderConsentTable());
