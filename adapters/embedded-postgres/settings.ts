const sharedBuffersMb = 128;
const connectionsMax = 60;
const walMbMax = 1024;
const trackedQueryBytes = 100; // the least that Postgres accepts

const durable: Readonly<Record<string, string>> = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
};

// A statement's text or parameters may hold what an event said; no log may. PANIC is the highest level there is to
// set, and the launcher forwards no line that Postgres marks as a statement.
const silent: Readonly<Record<string, string>> = {
  logging_collector: "off",
  log_destination: "stderr",
  log_line_prefix: "[%p] ",
  log_min_messages: "fatal",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_statement: "none",
  log_duration: "off",
  log_min_duration_statement: "-1",
  log_min_duration_sample: "-1",
  log_transaction_sample_rate: "0",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_autovacuum_min_duration: "-1",
  log_temp_files: "-1",
  log_lock_waits: "off",
  log_checkpoints: "off",
  log_disconnections: "off",
  debug_print_parse: "off",
  debug_print_rewritten: "off",
  debug_print_plan: "off",
  track_activity_query_size: String(trackedQueryBytes),
};

const modest: Readonly<Record<string, string>> = {
  shared_buffers: `${sharedBuffersMb}MB`,
  max_connections: String(connectionsMax),
  max_wal_size: `${walMbMax}MB`,
  jit: "off",
};

const plain: Readonly<Record<string, string>> = {
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
};

/**
 * The server's settings as arguments, because those of the command line hold whatever the files in the data directory
 * say.
 *
 * Shape: `-c name=value` pairs, with the port to listen on at 127.0.0.1; there is no Unix socket, whose path would be
 * too long in many a data directory.
 */
export function serverArguments(clusterDir: string, port: number): string[] {
  const listening = { listen_addresses: "127.0.0.1", port: String(port), unix_socket_directories: "" };
  const settings = Object.entries({ ...durable, ...silent, ...modest, ...plain, ...listening });
  return ["-D", clusterDir, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
