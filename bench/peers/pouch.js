// Replicates documents of forty figures from a local PouchDB to pouchdb-server, live, as its users do.
// node pouch.js FOLDER PORT DOCUMENTS: prints documents a second.
const { spawn } = require("node:child_process");
const path = require("node:path");
const PouchDB = require("pouchdb");

const [folder, port, documents] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const address = `http://127.0.0.1:${port}`;

function documentOf(number) {
  const figures = {};
  for (let element = 0; element < 40; element++) {
    figures[`f0_e${element}`] = [20, 900, 20000, 2500, 150000][element % 5] + ((number * 31 + element * 7) % 100);
  }
  return { _id: `report-${String(number).padStart(8, "0")}`, form: "f0", period: "2024-05", figures };
}

async function answering() {
  for (let tries = 0; tries < 300; tries++) {
    try {
      return await fetch(address);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("pouchdb-server does not answer");
}

function replicate(local, remote) {
  return new Promise((resolve, reject) => {
    let written = 0;
    const replication = local.replicate.to(remote, { live: true, batch_size: 1000 });
    replication.on("error", reject).on("complete", resolve).on("change", (change) => {
      written = change.docs_written;
      if (written >= documents) replication.cancel();
    });
  });
}

async function main() {
  const server = spawn(process.execPath, [
    path.join(__dirname, "node_modules/pouchdb-server/bin/pouchdb-server"),
    "--port", port, "--dir", folder, "--no-stdout-logs", "--config", path.join(folder, "config.json"),
  ], { cwd: folder, stdio: "ignore" });
  try {
    await answering();
    const local = new PouchDB(path.join(folder, "local"));
    await local.bulkDocs(Array.from({ length: documents }, (_, number) => documentOf(number)));
    const remote = new PouchDB(`${address}/reports`);
    await remote.info();
    const start = process.hrtime.bigint();
    await replicate(local, remote);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const { doc_count: count } = await remote.info();
    if (count !== documents) throw new Error(`${count} documents arrived, not ${documents}`);
    console.log(documents / seconds);
  } finally {
    server.kill();
  }
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
