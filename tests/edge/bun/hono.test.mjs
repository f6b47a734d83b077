// The gate as a middleware of Hono, in Bun.
import { testGateIn } from "../list.mjs";
import { inBun } from "../servers/start.mjs";

testGateIn("Hono in Bun", inBun);
