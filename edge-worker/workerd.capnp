using Workerd = import "/workerd/workerd.capnp";

# The gate on a machine of one's own. `node build.mjs` makes dist/, `node serve.mjs` starts this with an address.
const config :Workerd.Config = (
  services = [
    (name = "gate", worker = .gate),
    # Origin and issuer may live on this machine or in a private network.
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "gate")],
);

const gate :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    (name = "worker.js", esModule = embed "dist/worker.js"),
    (name = "verifier.wasm", wasm = embed "dist/verifier.wasm"),
  ],
  bindings = [
    (name = "SHELFLIFE_ISSUER", fromEnvironment = "SHELFLIFE_ISSUER"),
    (name = "SHELFLIFE_AUDIENCE", fromEnvironment = "SHELFLIFE_AUDIENCE"),
    (name = "SHELFLIFE_JWKS", fromEnvironment = "SHELFLIFE_JWKS"),
    (name = "ORIGIN", fromEnvironment = "ORIGIN"),
  ],
);
