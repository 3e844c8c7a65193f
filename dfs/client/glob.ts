import { limits } from '../base/config.ts'
import { DfsError } from '../base/errors.ts'
import { childPath, compareNames } from '../base/path.ts'
import type { FileStatus } from './status.ts'

/**
 * Hadoop's globs: `*` any characters of one name, `?` one, `[a-c]` one of a set, `[^a]` one not of it, `{x,y}` either (also
 * across `/`, also nested), `\` makes the next character plain. Names that begin with a dot are matched like others.
 */
type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }

export const hasMagic = (pattern: string): boolean => /[*?[{\\]/.test(pattern)

/** The directory tree as a glob needs it. */
export interface GlobTree {
  find(path: string): Promise<FileStatus | undefined>
  list(path: string): Promise<FileStatus[]>
}

/** Every match, each once, in no particular order. */
export async function globPaths(tree: GlobTree, pattern: string): Promise<FileStatus[]> {
  const found = new Map<string, FileStatus>()
  for (const alternative of expandBraces(pattern)) {
    if (!alternative.startsWith('/')) {
      throw new DfsError('DFS_BAD_PATH', `bad path ${JSON.stringify(pattern)}: it does not start with "/"`)
    }
    for (const status of await matchPath(tree, splitPattern(alternative))) found.set(status.path, status)
  }
  return [...found.values()]
}

/** Every match by the bytes of its path; what has no magic is itself, if it is there. */
export async function globSorted(tree: GlobTree, pattern: string): Promise<FileStatus[]> {
  if (!hasMagic(pattern)) {
    const found = await tree.find(pattern)
    return found === undefined ? [] : [found]
  }
  const found = await globPaths(tree, pattern)
  return found.sort((left, right) => compareNames(left.path, right.path))
}

async function matchPath(tree: GlobTree, parts: readonly string[]): Promise<FileStatus[]> {
  const root = await tree.find('/')
  let level: FileStatus[] = root === undefined ? [] : [root]
  for (const part of parts) {
    const tokens = compile(part)
    const plain = tokens.every((token) => token.kind === 'char')
    const next: FileStatus[] = []
    for (const directory of level) {
      if (directory.kind !== 'directory') continue
      if (plain) {
        const name = tokens.map((token) => (token.kind === 'char' ? token.char : '')).join('')
        const child = await tree.find(childPath(directory.path, name))
        if (child !== undefined) next.push(child)
      } else {
        for (const child of await tree.list(directory.path)) {
          if (matches(tokens, child.path.slice(child.path.lastIndexOf('/') + 1))) next.push(child)
        }
      }
    }
    level = next
  }
  return level
}

/** `a{b,c{d,e}}` gives `ab`, `acd`, `ace`. Bounded; an unclosed brace is an error, as Hadoop has it. */
export function expandBraces(pattern: string): string[] {
  const done: string[] = []
  const open = [pattern]
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    const group = firstGroup(text)
    if (group === undefined) {
      done.push(text)
    } else {
      for (const choice of group.choices) open.push(text.slice(0, group.start) + choice + text.slice(group.end))
    }
    if (done.length + open.length > limits.globExpansionsMax) {
      throw new DfsError('DFS_BAD_ARGUMENT', `the glob stands for more than ${limits.globExpansionsMax} patterns`)
    }
  }
  return done
}

function firstGroup(text: string): { start: number; end: number; choices: string[] } | undefined {
  let depth = 0
  let start = -1
  let from = 0
  const choices: string[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '\\') i++
    else if (char === '[' && depth === 0) i = skipSet(text, i)
    else if (char === '{') {
      if (depth++ === 0) {
        start = i
        from = i + 1
      }
    } else if (depth > 0 && char === '}') {
      if (--depth === 0) return { start, end: i + 1, choices: [...choices, text.slice(from, i)] }
    } else if (char === ',' && depth === 1) {
      choices.push(text.slice(from, i))
      from = i + 1
    }
  }
  if (depth > 0) throw badGlob(text, 'a "{" is not closed')
  return undefined
}

function skipSet(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ']' && i > start + 1) return i
  }
  throw badGlob(text, 'a "[" is not closed')
}

/** The same globs on a single name, as `find -name` takes them. */
export function nameGlob(pattern: string): (name: string) => boolean {
  const alternatives = expandBraces(pattern).map(compile)
  return (name) => alternatives.some((tokens) => matches(tokens, name))
}

/** At each `/` that is not escaped and not in a set; empty parts drop out. */
function splitPattern(pattern: string): string[] {
  const parts: string[] = []
  let part = ''
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? ''
    if (char === '/') {
      if (part !== '') parts.push(part)
      part = ''
    } else if (char === '\\') {
      part += char + (pattern[++i] ?? '')
    } else {
      part += char
    }
  }
  if (part !== '') parts.push(part)
  return parts
}

function compile(part: string): Token[] {
  const tokens: Token[] = []
  const chars = [...part]
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? ''
    if (char === '\\') {
      const next = chars[++i]
      if (next === undefined) throw badGlob(part, 'it ends with a "\\"')
      tokens.push({ kind: 'char', char: next })
    } else if (char === '*') tokens.push({ kind: 'star' })
    else if (char === '?') tokens.push({ kind: 'any' })
    else if (char === '[') {
      const { token, end } = compileSet(chars, i)
      tokens.push(token)
      i = end
    } else tokens.push({ kind: 'char', char })
  }
  return tokens
}

function compileSet(chars: readonly string[], start: number): { token: Token; end: number } {
  let i = start + 1
  const negated = chars[i] === '^' || chars[i] === '!'
  if (negated) i++
  const ranges: [number, number][] = []
  const code = (at: number): number => chars[at]?.codePointAt(0) ?? 0
  for (const first = i; i < chars.length; i++) {
    if (chars[i] === ']' && i > first) return { token: { kind: 'set', negated, ranges }, end: i }
    if (chars[i] === '\\') i++
    const low = code(i)
    let high = low
    if (chars[i + 1] === '-' && i + 2 < chars.length && chars[i + 2] !== ']') {
      i += chars[i + 2] === '\\' ? 3 : 2
      high = code(i)
    }
    if (high < low) throw badGlob(chars.join(''), `the range ${chars[i - 2]}-${chars[i]} is the wrong way round`)
    ranges.push([low, high])
  }
  throw badGlob(chars.join(''), 'a "[" is not closed')
}

/** Two pointers and one place to go back to: the time is at most the product of both lengths, whatever the pattern. */
function matches(tokens: readonly Token[], name: string): boolean {
  const chars = [...name]
  let t = 0
  let c = 0
  let star = -1
  let retry = 0
  while (c < chars.length) {
    const token = tokens[t]
    if (token?.kind === 'star') {
      star = t++
      retry = c
    } else if (token !== undefined && accepts(token, chars[c] ?? '')) {
      t++
      c++
    } else if (star !== -1) {
      t = star + 1
      c = ++retry
    } else {
      return false
    }
  }
  while (tokens[t]?.kind === 'star') t++
  return t === tokens.length
}

function accepts(token: Token, char: string): boolean {
  switch (token.kind) {
    case 'char':
      return token.char === char
    case 'any':
    case 'star':
      return true
    case 'set': {
      const code = char.codePointAt(0) ?? 0
      return token.ranges.some(([low, high]) => code >= low && code <= high) !== token.negated
    }
  }
}

const badGlob = (pattern: string, why: string): DfsError =>
  new DfsError('DFS_BAD_ARGUMENT', `bad glob ${JSON.stringify(pattern)}: ${why}`)
