// A worker: takes tasks of a Troupe node and does them. It knows worker.proto and nothing else of Troupe.
// Run:  TROUPE_TOKEN=... node worker.js        (README.md says where the token is)
'use strict';
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const env = process.env;
const proto = env.TROUPE_PROTO || path.join(__dirname, '../../runtime/proto/worker.proto');
const { troupe } = grpc.loadPackageDefinition(
  loader.loadSync(proto, { keepCase: true, longs: Number, enums: String, defaults: true }));
const out = env.WORKER_OUT || 'printed';
fs.mkdirSync(out, { recursive: true });

const input = (task, name) => (task.inputs.find((one) => one.name === name) || { value: '' }).value.toString();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// What it can do, by capability. A handler gets the task and `job`: job.checkpoint(data), job.progress(text), and job.cancelled once nobody
// waits any more. What it returns is the result; what it throws is the failure, of the kind `error.kind`.
const handlers = {
  'text.upper': async (task) => JSON.stringify(input(task, 'text').toUpperCase()),

  // Prints pages. A page is a file named by the task, so printing it twice does no harm; a checkpoint says which ones are done.
  'page.print': async (task, job) => {
    const pages = Number(input(task, 'pages') || '3');
    if (!(pages > 0)) throw Object.assign(new Error('pages is no number above 0'), { kind: 'WORKER_INVALID_INPUT' });
    for (let page = Number(task.checkpoint.toString() || '0') + 1; page <= pages && !job.cancelled; ++page) {
      await pause(Number(env.WORKER_PAGE_MS || '20'));
      fs.writeFileSync(path.join(out, `${task.task.replace(/[^\w.-]/g, '_')}.${page}`), `attempt ${task.attempt}\n`, { flag: 'a' });
      job.progress(`page ${page} of ${pages}`);
      if (page < pages) job.checkpoint(String(page));
    }
    return String(pages);
  },
};

let draining = false;

function connect() {
  const credentials = env.TROUPE_CA
    ? grpc.credentials.createSsl(...[env.TROUPE_CA, env.TROUPE_KEY, env.TROUPE_CERT].map((file) => fs.readFileSync(file)))
    : grpc.credentials.createInsecure();
  const client = new troupe.Workers(env.TROUPE_ADDRESS || '127.0.0.1:7900', credentials);
  const metadata = new grpc.Metadata();
  if (env.TROUPE_TOKEN) metadata.set('authorization', `Bearer ${env.TROUPE_TOKEN}`);
  const stream = client.Work(metadata);
  const jobs = new Map(); // by lease
  let heartbeat;

  const run = async (task) => {
    const job = {
      cancelled: false,
      checkpoint: (data) => job.cancelled || stream.write({ checkpoints: [{ lease: task.lease, data: Buffer.from(data) }] }),
      progress: (text) => job.cancelled || stream.write({ progress: [{ lease: task.lease, text }] }),
    };
    jobs.set(task.lease, job);
    const result = { lease: task.lease };
    try {
      result.text = Buffer.from(await handlers[task.required[0]](task, job));
    } catch (error) {
      result.failure = { kind: error.kind || 'WORKER_FAILED', text: error.message };
    }
    if (jobs.delete(task.lease) && !job.cancelled) stream.write({ results: [result] });
  };

  stream.on('data', (told) => {
    if (told.welcome) {
      console.log(`in: node ${told.welcome.node}`);
      heartbeat = setInterval(() => stream.write({}), told.welcome.heartbeat_ms);
    }
    told.tasks.forEach(run);
    for (const { lease } of told.cancels) if (jobs.has(lease)) jobs.get(lease).cancelled = true;
    for (const refusal of told.refusals) console.error(`refused: ${refusal.code}: ${refusal.text}`);
  });
  stream.on('error', (error) => console.error(`out: ${error.details || error.message}`));
  stream.on('status', () => { // the end, however it came
    stream.end();
    clearInterval(heartbeat);
    for (const job of jobs.values()) job.cancelled = true; // their leases are lost
    client.close();
    if (draining) process.exit(0);
    setTimeout(connect, 500);
  });
  process.removeAllListeners('SIGTERM');
  process.on('SIGTERM', () => {
    draining = true;
    stream.write({ drain: true }); // the node ends the stream when all is answered
  });
  stream.write({ hello: { name: env.WORKER_NAME || 'printer-1', capabilities: Object.keys(handlers), slots: Number(env.WORKER_SLOTS || '4'),
    version: '1.0.0', description: 'Prints pages.' } });
}

connect();
