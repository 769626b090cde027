/** A PostgreSQL server of its own for a test. */
export { findPostgres, type PostgresBinaries, postgresOrSkip } from "./find.ts";
export { type PostgresProxy, proxyTo } from "./proxy.ts";
export { type PostgresServer, type ServerOptions, startPostgres } from "./server.ts";
