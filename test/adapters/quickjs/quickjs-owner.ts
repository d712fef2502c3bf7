// Owns a sandbox with a script that hangs where the engine's interrupt is not asked; told from outside to die.
import { startSandboxProcess } from "../../../adapters/quickjs/sandbox-process.ts";

const code = new TextEncoder().encode("Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)");
const started = await startSandboxProcess();
if (!started) throw new Error("the sandbox process did not start");
// The owner stops at once, before it could kill the process itself.
void started.exchange({ kind: "check" }, [code]);
setTimeout(() => {
  console.log(started.pid);
  process.kill(process.pid, "SIGKILL");
}, 30);
