// What `npm run bench` runs: measurements, one part or all of them.
//   npm run bench                    every part
//   npm run bench -- kernel --json   one part, as JSON
import process from "node:process";
import { benchCustomJs, describeCustomJs, fullCustomJsSize } from "./custom-js.ts";
import { benchKernel, describeKernel, fullSize } from "./kernel.ts";

interface Part {
  run(): unknown;
  describe(report: never): string;
}

const parts: Readonly<Record<string, Part>> = {
  kernel: { run: () => benchKernel(fullSize), describe: describeKernel },
  "custom-js": { run: () => benchCustomJs(fullCustomJsSize), describe: describeCustomJs },
};

const args = process.argv.slice(2);
const wanted = args.filter((item) => !item.startsWith("--"));
const unknown = wanted.filter((name) => parts[name] === undefined);
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
    const part = parts[name] as Part;
    const report = await part.run();
    console.log(args.includes("--json") ? JSON.stringify(report, null, 2) : part.describe(report as never));
  }
}
