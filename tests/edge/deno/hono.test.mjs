// The gate as a middleware of Hono, in Deno.
import { testGateIn } from "../list.mjs";
import { inDeno } from "../servers/start.mjs";

testGateIn("Hono in Deno", inDeno);
