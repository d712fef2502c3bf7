// One runtime's share of the kernel's benchmark, in a process of its own: takes a size and, if wished, the folder of an
// earlier kernel; prints figures, as JSON.
import process from "node:process";
import { openKernelBefore } from "./kernel-before.ts";
import { type BenchSize, measureKernel } from "./kernel-measure.ts";

const [, , size, folder] = process.argv;
const before = folder === undefined ? null : await openKernelBefore(folder);
console.log(JSON.stringify(measureKernel(JSON.parse(size as string) as BenchSize, before)));
