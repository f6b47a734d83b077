// A worker of a test in the real workerd, on a port of its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram } from "../../harness/process.mjs";

/** `modules`: name to text (JavaScript) or bytes (wasm), the worker first. Gives its address and how to end it. */
export async function startWorker(modules) {
  // A CommonJS package: what it exports is the default of the import, and the path is the default of that.
  const { default: workerd } = await import("workerd");
  const folder = mkdtempSync(join(tmpdir(), "shelflife-workerd-"));
  const listed = Object.entries(modules).map(([name, content], at) => {
    // workerd names modules as it likes; what it embeds are files.
    const file = `module-${at}`;
    writeFileSync(join(folder, file), content);
    const kind = typeof content === "string" ? "esModule" : "wasm";
    return `(name = ${JSON.stringify(name)}, ${kind} = embed ${JSON.stringify(file)})`;
  });
  writeFileSync(join(folder, "worker.capnp"), config(listed.join(", ")));
  const args = ["serve", "worker.capnp", "--socket-addr=http=127.0.0.1:0", "--control-fd=3"];
  const child = await startProgram("workerd", workerd.default, args, {
    cwd: folder,
    // One JSON object a line on the control descriptor; the port is in the one about the socket.
    readyWhen: (said) => /"event":"listen","socket":"http","port":(\d+)/.exec(said)?.[1],
  });
  const stop = async () => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${child.ready}/`, stop };
}

function config(modules) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "worker", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
const worker :Workerd.Worker = (compatibilityDate = "2026-11-01", modules = [${modules}]);
`;
}
