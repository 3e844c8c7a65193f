import { nameGlob } from '../../../dfs/index.ts'
import { UsageError, VerbError } from './failure.ts'
import { statusJson } from './mode.ts'
import { baseName, type FoundItem } from './path.ts'
import type { VerbCall } from './session.ts'

type Step =
  | { readonly kind: 'name'; readonly matches: (name: string) => boolean }
  | { readonly kind: 'print'; readonly end: string }

/** All there is to combine steps is `and`, so an expression is a list that stops at the first step that says no. */
export async function find({ session, operands }: VerbCall): Promise<void> {
  const start = operands.findIndex((word) => word.startsWith('-') && word !== '-')
  const paths = start === -1 ? operands : operands.slice(0, start)
  const steps = parseExpression(start === -1 ? [] : operands.slice(start))
  const rows: Record<string, string | number | boolean>[] = []

  const apply = async ({ shown, status }: FoundItem): Promise<void> => {
    for (const step of steps) {
      if (step.kind === 'name') {
        if (!step.matches(baseName(status.path))) return
      } else if (session.json) rows.push(statusJson(status))
      else if (step.end === '\0') await session.line(shown, step.end)
      else await session.line(session.name(shown), step.end)
    }
  }

  await session.eachFound(paths.length === 0 ? ['.'] : paths, async (top) => {
    for await (const status of session.dfs.walk(top.path)) {
      session.checkAbort()
      await apply({ shown: shownBelow(top, status.path), path: status.path, status })
    }
  })
  if (session.json) await session.line(JSON.stringify(rows, null, 2))
}

/** The path as the user would have typed it, starting from how they named the top. */
function shownBelow(top: FoundItem, path: string): string {
  if (path === top.path) return top.shown
  const rest = path.slice(top.path.endsWith('/') ? top.path.length : top.path.length + 1)
  if (top.shown === '.') return rest
  return top.shown.endsWith('/') ? `${top.shown}${rest}` : `${top.shown}/${rest}`
}

function parseExpression(words: readonly string[]): Step[] {
  const steps: Step[] = []
  const left = [...words]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '-print') steps.push({ kind: 'print', end: '\n' })
    else if (word === '-print0') steps.push({ kind: 'print', end: '\0' })
    else if (word === '-name' || word === '-iname') {
      const pattern = left.shift()
      if (pattern === undefined) throw new UsageError(`${word} needs a pattern`)
      steps.push({ kind: 'name', matches: nameMatcher(pattern, word === '-iname') })
    } else if (word !== '-a' && word !== '-and') throw new VerbError(`Unexpected argument: ${word}`)
  }
  return steps.some((step) => step.kind === 'print') ? steps : [...steps, { kind: 'print', end: '\n' }]
}

function nameMatcher(pattern: string, ignoreCase: boolean): (name: string) => boolean {
  if (!ignoreCase) return nameGlob(pattern)
  const matches = nameGlob(pattern.toLowerCase())
  return (name) => matches(name.toLowerCase())
}
