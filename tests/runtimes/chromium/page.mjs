// A page of a test in Chromium: files by their address, and a Content-Security-Policy if one is asked for.
import { createServer } from "node:http";
import { startBrowser } from "../../harness/browser.mjs";

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  mjs: "text/javascript",
  cjs: "text/javascript",
  json: "application/json",
};

/** Opens `/` of these `files` (path to text), in a browser with `flags` of its own, and runs `inPage` there with `argument`; gives what it gave. */
export async function inChromium(files, { csp, flags, inPage, argument }) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const text = files[path];
    if (text === undefined) return response.writeHead(404).end();
    const policy = csp === undefined ? {} : { "content-security-policy": csp };
    return response
      .writeHead(200, { "content-type": TYPES[path.split(".").at(-1)] ?? TYPES.html, ...policy })
      .end(text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  let browser;
  try {
    browser = await startBrowser(flags);
    const page = await browser.newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    try {
      return await page.evaluate(inPage, argument);
    } catch (error) {
      throw new Error(`${error.message}\n${complaints.join("\n")}`);
    }
  } finally {
    await browser?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
