// Prints columns, metadata and rows of a Parquet file as JSON Lines, read by DuckDB: an independent reader.
// usage: node outside.mjs MODULES FILE, where MODULES is a node_modules folder that holds @duckdb/node-api.
import { createRequire } from "node:module";

const [modules, file] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(modules + "/")("@duckdb/node-api");

const db = await (await DuckDBInstance.create(":memory:")).connect();
const rows = async (sql) => (await db.runAndReadAll(sql, [file])).getRowsJson();

const columns = await rows("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet($1))");
console.log(JSON.stringify(columns));
const [[header]] = await rows("SELECT decode(value) FROM parquet_kv_metadata($1) WHERE decode(key) = 'padapter.manifest'");
console.log(JSON.stringify(header));
for (const [row] of await rows("SELECT to_json(r)::VARCHAR FROM read_parquet($1) AS r")) console.log(row);
