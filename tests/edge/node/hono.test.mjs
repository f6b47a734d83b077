// The gate as a middleware of Hono, in Node.
import { testGateIn } from "../list.mjs";
import { inNode } from "../servers/start.mjs";

testGateIn("Hono in Node", inNode);
