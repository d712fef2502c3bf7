// A process of its own: the HTTP framework that Tidegate uses, a route that reads the body and answers, nothing else.
import process from "node:process";
import { Elysia } from "elysia";

const app = new Elysia().post("/*", async ({ request }) => {
  const body = await request.arrayBuffer();
  return new Response(body.byteLength > 0 ? '{"success":true}' : '{"success":false}', {
    headers: { "content-type": "application/json" },
  });
});
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: app.fetch });
process.send?.({ port: server.port });
process.on("disconnect", () => process.exit(0));
