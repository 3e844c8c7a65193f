import { UsageError } from './failure.ts'
import { leftOut } from './left-out.ts'
import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'

const usagePrefix = 'Usage: quern fs [--root DIR]'

export function usageLine(verb: Verb): string {
  return `${usagePrefix} ${short(verb)}`
}

const short = (verb: Verb): string =>
  verb.usage === '' ? `-${verb.name}` : `-${verb.name}${verb.json === true ? ' [--json]' : ''} ${verb.usage}`

export function findVerb(name: string): Verb | undefined {
  return verbs.find((verb) => verb.name === name)
}

/** What `quern fs` alone says. */
export function usageText(): string {
  const listed = verbs.filter(({ deprecated }) => deprecated === undefined)
  return [
    usagePrefix,
    ...listed.map((verb) => `\t[${short(verb)}]`),
    '\t[-help [cmd ...]]',
    '\t[-usage [cmd ...]]',
    '',
    'The dash before the verb may be left out. Paths are DFS paths; relative ones start at /user/<you>.',
    'webhdfs://host:port/path is in another file system: any HDFS. $QUERN_WEBHDFS_TOKEN is the token for it.',
    'The DFS lives under --root DIR, else $QUERN_ROOT, else ~/.quern.',
    '',
  ].join('\n')
}

export function helpText(names: readonly string[], kind: 'help' | 'usage'): string {
  if (names.length === 0) {
    if (kind === 'usage') return usageText()
    const listed = verbs.filter(({ deprecated }) => deprecated === undefined)
    return [usageText(), ...listed.map((verb) => about(verb))].join('\n')
  }
  return names
    .map((name) => {
      const verb = findVerb(name.replace(/^-/, ''))
      if (verb === undefined) {
        const reason = leftOut.get(name.replace(/^-/, ''))
        throw new UsageError(
          reason === undefined ? `\`${name}': Unknown command` : `\`${name}': not in quern: ${reason}`,
        )
      }
      return kind === 'usage' ? `${usageLine(verb)}\n` : about(verb)
    })
    .join('\n')
}

function about(verb: Verb): string {
  if (verb.deprecated !== undefined) return `-${verb.name}:\n  (DEPRECATED) Same as '${verb.deprecated.insteadOf}'\n`
  return `${short(verb)} :\n${verb.help.map((line) => `  ${line}\n`).join('')}`
}
