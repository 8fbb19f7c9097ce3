// Prints each row of a Parquet file as a line of JSON, read by DuckDB: an independent reader.
// usage: node outside.mjs MODULES FILE, where MODULES is a node_modules folder that holds @duckdb/node-api.
import { createRequire } from "node:module";

const [modules, file] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(modules + "/")("@duckdb/node-api");

const db = await (await DuckDBInstance.create(":memory:")).connect();
const read = await db.runAndReadAll("SELECT to_json(r)::VARCHAR FROM read_parquet($1) AS r", [file]);
for (const [row] of read.getRowsJson()) console.log(row);
