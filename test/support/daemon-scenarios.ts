import type { LineDifference } from './compare-lines.js';

export interface DaemonScenario {
  readonly title: string;
  /** Of the shell. */
  readonly commands: readonly string[];
  /** Why lines differ: each must be seen. */
  readonly reasons: readonly string[];
}

interface KnownDifference {
  readonly reason: string;
  /** Of which commands; of all when absent. */
  readonly command?: RegExp;
  readonly docker?: RegExp;
  readonly gantry?: RegExp;
}

/** Each has its paragraph in docs/api.md. */
const KNOWN: readonly KnownDifference[] = [
  {
    reason: 'Wording',
    docker:
      /(failed to create shim task: .*runc create failed|exec failed: unable to start container process|Invalid filter 'nosuch'|You cannot remove a running container|Cannot kill container|: Container <id> is not running$|Container up is paused|Error when allocating new name|no such image: nosuch: No such image)/,
    gantry:
      /(failed to create task for container|OCI runtime exec failed: exec: |invalid filter 'nosuch'|cannot (remove|kill|pause) container|Container <id> is paused|: Conflict\. |daemon: No such image: nosuch)/,
  },
  { reason: 'Exec of a missing program', command: /exec host nosuch/, docker: /^exit 126$/, gantry: /^exit 127$/ },
  { reason: 'Terminal without a size', command: /stty size/, docker: /^stty: standard input$/, gantry: /^24 80$/ },
];

export const DAEMON_REASONS: readonly string[] = KNOWN.map(({ reason }) => reason);

/** Why a line is different; undefined where nobody knows. */
export function findDaemonReason(command: string, { side, line }: LineDifference): string | undefined {
  return KNOWN.find((difference) => {
    const pattern = side === 'left' ? difference.docker : difference.gantry;
    return pattern?.test(line) === true && difference.command?.test(command) !== false;
  })?.reason;
}

const RUN = 'docker run --network none';
const PS = "docker ps -a --format '{{.Names}} {{.Image}} {{.Command}} {{.Status}} {{.Labels}} {{.State}} {{.Mounts}}'";

/** What is said to both through one client. */
export const DAEMON_SCENARIOS: readonly DaemonScenario[] = [
  {
    title: 'containers that run and end',
    commands: [
      `${RUN} --rm parity echo hi`,
      `${RUN} --rm parity sh -c 'echo out; echo err >&2; exit 3'`,
      `${RUN} --rm parity nosuch`,
      `${RUN} --rm parity /etc/not-a-program`,
      `${RUN} --rm parity /data`,
      `echo typed | ${RUN} -i --rm parity cat`,
      `${RUN} --name ended --label a=b parity sh -c 'exit 5'`,
      `${RUN} --name ended parity true`,
      `${RUN} -d --name up --label a=c -e A=1 --stop-signal KILL -v named:/v parity sleep 1000`,
      PS,
      'docker ps --filter label=a=b -aq | wc -l',
      'docker ps --filter nosuch=1',
      'docker wait ended',
      'docker logs ended',
      'docker start -a ended; echo $?',
      'docker start ended nobody',
      'docker rm up',
      'docker kill ended',
      'docker pause ended',
      'docker unpause up',
      'docker pause up && docker pause up',
      'docker exec up true',
      'docker unpause up',
      'docker rename up ended',
      'docker rename up risen',
      'docker rename risen ""',
      'docker stop -t 0 risen',
      'docker restart -t 0 risen',
      PS,
      'docker rm -fv risen ended nobody',
      'docker container prune -f',
    ],
    reasons: ['Wording'],
  },
  {
    title: 'programs in a container, its processes, limits, files and image',
    commands: [
      `${RUN} -d --name host -m 64m --pids-limit 30 --cpus 0.5 -w /tmp -u guest --hostname web parity sleep 1000`,
      'docker exec host sh -c "id; pwd; hostname; echo err >&2; exit 4"',
      'docker exec -u root -w /etc -e X=1 host sh -c "id -u; pwd; echo $X"',
      'echo typed | docker exec -i host cat',
      'docker exec host nosuch',
      'docker exec nobody true',
      'docker top host -o pid,cmd | sed 1q',
      'docker update -m 32m --memory-swap 64m --pids-limit 40 host',
      'docker update -m 1m host',
      "docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}} {{.Config.User}} {{.Config.WorkingDir}} {{json .Config.Cmd}} {{json .Config.Env}} {{.Path}} {{json .Args}} {{.State.Status}} {{.State.ExitCode}} {{.RestartCount}} {{.HostConfig.RestartPolicy.Name}}' host",
      "docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' host",
      'printf text > $ROOT/file; docker cp $ROOT/file host:/tmp/a; docker exec host cat /tmp/a',
      'docker cp host:/data - | tar -tf - | sort',
      'docker cp host:/nosuch -',
      'docker cp $ROOT/file host:/nosuch/dir/',
      'docker exec -u root host sh -c "rm /data/seed; touch /etc/new; echo more >> /etc/passwd"; docker diff host | sort',
      `docker commit -a me -m why -c 'CMD ["id"]' -c 'LABEL x=y' host made:1 | cut -c1-7`,
      "docker inspect -f '{{.Author}} {{.Comment}} {{json .Config.Cmd}} {{json .Config.Labels}}' made:1",
      "docker history --format '{{.CreatedBy}} {{.Comment}}' made:1",
      `${RUN} --rm -u guest made:1`,
      'docker export host | tar -tf - | grep -c etc/new',
      'docker port host',
      'docker kill -s USR1 host; docker kill -s NOSUCH host; docker kill host',
      'docker logs --tail 1 host',
      'docker rm host; docker rmi made:1 | grep -c Deleted; docker rmi nosuch',
      'docker inspect nosuch; docker inspect --type image nosuch; docker inspect --type volume nosuch',
    ],
    reasons: ['Wording', 'Exec of a missing program'],
  },
  {
    title: 'logs, events and a terminal',
    commands: [
      `${RUN} --name said parity sh -c 'for i in 1 2 3; do echo line $i; done'`,
      'docker logs said',
      'docker logs --tail 2 said',
      'docker logs -t said',
      // The client cuts times to whole seconds: `0s` would be before what has just been written.
      'docker logs --since 1h --until=-1h said | wc -l',
      'docker logs --tail bad said',
      'docker logs nobody',
      `timeout 20 docker logs -f said`,
      `${RUN} -t --rm parity sh -c 'stty size; tput cols 2>/dev/null; echo done'`,
      `${RUN} -d --name none --log-driver none parity echo x && docker wait none && docker logs none`,
      `docker rm said none`,
      `docker events --since 1h --until=-1s --filter type=container --filter container=said --filter event=create --filter event=start --filter event=die --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}'`,
      `docker events --since 1h --until 0s --filter event=nosuch`,
    ],
    reasons: ['Terminal without a size'],
  },
];
