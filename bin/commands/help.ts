import type { Style } from '../terminal/style.ts'
import { tableLines } from '../terminal/table.ts'
import type { CommandEntry } from './table.ts'

const examples: readonly (readonly [command: string, comment: string])[] = [
  ['quern demo', 'everything once, on real text'],
  ['quern run wordcount -i book.txt -o counts', 'a bundled job on a local file'],
  ['quern run ./my-job.ts -i logs/ -o dfs:/out', 'your own job, into the DFS'],
  ['quern fs -put logs /logs', 'a directory into the DFS'],
  ['quern fs -ls -R /', 'what lies there'],
]

/** The text of `quern --help`. */
export function helpText(commands: readonly CommandEntry[], style: Style): string {
  return [
    `${style.bold('quern')}: batch MapReduce with its own small distributed file system, on one machine`,
    '',
    `${style.bold('Usage:')} quern <command> [options]`,
    '',
    style.bold('Commands:'),
    ...tableLines(commands.map(({ name, summary }) => [`  ${style.cyan(name)}`, summary])),
    '',
    style.bold('Examples:'),
    ...tableLines(examples.map(([command, comment]) => [`  ${command}`, style.dim(`# ${comment}`)])),
    '',
    style.bold('Paths:'),
    '  A plain path is a local file, dfs:/a/b lies in the DFS. Inside `quern fs` plain paths are DFS paths.',
    '  The DFS lives under --root DIR, else $QUERN_ROOT, else ~/.quern.',
    '',
    '`quern <command> --help` explains a command. `quern --version` prints the version.',
    'Exit codes: 0 done, 1 failed, 2 wrong usage or bad input. `quern fs` keeps those of `hadoop fs`.',
    '',
  ].join('\n')
}
