// The gate as a wrapper around a fetch handler, and as a middleware of Hono, in workerd.
import { testGateIn } from "../list.mjs";
import { inWorkerd } from "../servers/start.mjs";

testGateIn("the wrapper in workerd", inWorkerd, { plain: true });
testGateIn("Hono in workerd", inWorkerd);
