export interface Example {
  /** As it is typed. */
  readonly line: string;
  /** What it does, as the beginning of a sentence. */
  readonly what: string;
}

/** By the first name of a command in the table; a test runs each through the parser. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  'container run': [
    { line: 'gantry run -it --rm busybox sh', what: 'A shell in a new container, which is removed afterwards' },
    {
      line: 'gantry run -d --name web -p 8080:80 --memory 64m --cpus 0.5 nginx',
      what: 'A server in the background, reached at port 8080 of the host, with limits',
    },
    {
      line: 'gantry run --rm -v data:/data:ro busybox ls /data',
      what: 'What is in a volume, which the container cannot change',
    },
  ],
  'container create': [
    { line: 'gantry create --name later busybox sleep 1000', what: 'A container that is started later' },
  ],
  'container exec': [{ line: 'gantry exec -it web sh', what: 'A shell in a container that runs' }],
  'container logs': [{ line: 'gantry logs --follow --tail 20 web', what: 'The last lines, and those that come' }],
  'container ls': [
    {
      line: "gantry ps --all --filter status=exited --format '{{.Names}}'",
      what: 'The names of those that have ended',
    },
  ],
  'container update': [
    { line: 'gantry update --memory 128m --cpus 1 web', what: 'More memory and time for a container that runs' },
  ],
  'container cp': [{ line: 'gantry cp web:/etc/hosts .', what: 'A file out of a container' }],
  'image pull': [{ line: 'gantry pull --platform linux/arm64 debian:12', what: 'The image for another processor' }],
  'network create': [
    { line: 'gantry network create --subnet 10.9.0.0/24 backend', what: 'A network with addresses of its own' },
  ],
  'system prune': [{ line: 'gantry system prune --dry-run', what: 'What would be removed' }],
  daemon: [
    { line: 'gantry daemon -H unix:///run/gantry.sock', what: "Docker's API at a unix socket" },
    {
      line: 'gantry daemon --validate --config-file /etc/gantry/daemon.json',
      what: 'Whether a file of settings can be used',
    },
  ],
  version: [{ line: "gantry version --format '{{.Server.Version}}'", what: 'The version of the engine alone' }],
};
