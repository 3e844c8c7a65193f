import { tableLines } from '../../terminal/table.ts'
import { type DfsVerb, dfsVerbs } from './verbs.ts'

const where = [
  'A dash before the verb is taken too, as hdfs dfsadmin has it.',
  'The DFS lives under --root DIR, else $QUERN_ROOT, else ~/.quern.',
]

/** The text of `quern dfs --help`: a line each. */
export function dfsHelp(): string {
  return [
    'Usage: quern dfs [--root DIR] <verb> [--json]',
    '',
    ...tableLines(dfsVerbs.map(({ name, help }) => [`  ${name}`, help[0] ?? ''])),
    '',
    'quern dfs <verb> --help says more about one.',
    ...where,
    '',
  ].join('\n')
}

/** The text of `quern dfs <verb> --help`. */
export function dfsVerbHelp(verb: DfsVerb): string {
  return [dfsUsageLine(verb), '', ...verb.help.map((line) => `  ${line}`), '', ...where, ''].join('\n')
}

export function dfsUsageLine({ name, usage, json }: DfsVerb): string {
  return ['Usage: quern dfs [--root DIR]', name, usage, json === true ? '[--json]' : ''].filter(Boolean).join(' ')
}
