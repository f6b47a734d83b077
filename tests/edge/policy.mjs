/** Seconds since the password; enough for a slow machine to get from the sign-in to the gate. */
export const RECENT = 5;

/** One route of every kind. */
export const policy = {
  routes: [
    { path: "/sign-in", access: "public" },
    { path: "/api/*", access: {} },
    { path: "/reports/*", access: { scope: ["reports"] } },
    { path: "/admins/*", access: { groups: ["admins"] } },
    { path: "/recent/*", access: { maxAuthAge: RECENT } },
    { path: "/media/*", access: { from: ["header", "query"] } },
    { path: "/pages/*", access: { from: ["cookie"] } },
  ],
  otherwise: "public",
  signIn: { url: "/sign-in" },
  cookie: { pagesFrom: ["https://partner.example"] },
  refusalsReadableBy: ["https://page.example"],
};

/** A path on a route of every kind. */
export const EVERY_KIND = ["/", "/sign-in", "/api/x", "/reports/x", "/admins/x", "/recent/x", "/media/x", "/pages/x"];
