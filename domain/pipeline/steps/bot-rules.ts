import { compileGlob } from "../../data-layer/glob.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import { type DropCode, dropCodes } from "../../model/outcome.ts";

/** Judges a User-Agent: 0 to pass, else the code it is dropped with. */
export type BotRules = (userAgent: string, knownBot: boolean) => DropCode | 0;

/**
 * Makes the bot rules of a data layer, its patterns compiled once.
 *
 * A pattern covers the whole User-Agent, whatever its case; an empty or blank User-Agent counts as missing.
 * What a pattern covers counts under the patterns, also where a list knows it: whoever wrote it looks there.
 */
export function createBotRules(settings: DataLayerConfig["bot_filtering"]): BotRules {
  const patterns = settings.custom_patterns.map((pattern) => compileGlob(pattern.toLowerCase()));
  const matchesAny = (lower: string) => patterns.some((matches) => matches(lower));

  return function judgeUserAgent(userAgent, knownBot) {
    if (!settings.enabled) return 0;
    if (userAgent === "") return settings.block_empty_user_agent ? dropCodes.bot_empty_user_agent : 0;
    if (patterns.length > 0 && matchesAny(userAgent.toLowerCase())) return dropCodes.bot_custom_pattern;
    return settings.block_known_bots && knownBot ? dropCodes.bot_known : 0;
  };
}
