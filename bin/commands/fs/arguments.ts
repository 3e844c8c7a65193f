import { UsageError } from './failure.ts'

/** Which words a verb takes. Hadoop's grammar: single-dash words, no bundling, options end at the first operand. */
export interface ArgumentFormat {
  readonly flags?: readonly string[]
  /** Options that are followed by a word. */
  readonly values?: readonly string[]
  readonly min: number
  readonly max: number
  /** Options that letters may follow in the same word: `-ptop`. The letters come among the values. */
  readonly letters?: Readonly<Record<string, string>>
  /** Hadoop's options that quern does not have, each with its reason. */
  readonly leftOut?: Readonly<Record<string, string>>
  /** A word that begins with a dash and is no option is an operand: `chmod -w f`. */
  readonly dashOperands?: boolean
  /** Options may stand among and behind operands, and with two dashes, as `quern dfs` has it. */
  readonly anywhere?: boolean
}

export interface ParsedArguments {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
}

export function parseArguments(words: readonly string[], format: ArgumentFormat): ParsedArguments {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const operands: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    // A lone dash is stdin or stdout.
    if (!word.startsWith('-') || word === '-') {
      if (format.anywhere !== true) {
        operands.push(...words.slice(at))
        break
      }
      operands.push(word)
      continue
    }
    if (word === '--') {
      operands.push(...words.slice(at + 1))
      break
    }
    const option = word.slice(format.anywhere === true && word.startsWith('--') ? 2 : 1)
    if (format.flags?.includes(option)) flags.add(option)
    else if (format.values?.includes(option)) {
      const value = words[++at]
      if (value === undefined) throw new UsageError(`option ${word} needs a value`)
      values.set(option, value)
    } else {
      const lettered = letteredOption(option, format)
      if (lettered !== undefined) values.set(...lettered)
      else if (format.dashOperands === true) {
        operands.push(...words.slice(at))
        break
      } else throw new UsageError(illegal(word, option, format))
    }
  }
  if (operands.length < format.min) {
    throw new UsageError(`Not enough arguments: expected ${format.min} but got ${operands.length}`)
  }
  if (operands.length > format.max) {
    throw new UsageError(`Too many arguments: expected ${format.max} but got ${operands.length}`)
  }
  return { flags, values, operands }
}

function letteredOption(
  option: string,
  { letters = {} }: ArgumentFormat,
): [option: string, letters: string] | undefined {
  const name = option.charAt(0)
  const allowed = letters[name]
  const given = option.slice(1)
  if (allowed === undefined || given === '' || ![...given].every((letter) => allowed.includes(letter))) return undefined
  return [name, given]
}

function illegal(word: string, option: string, { leftOut = {} }: ArgumentFormat): string {
  const reason = leftOut[option]
  return reason === undefined ? `Illegal option ${word}` : `option ${word} is not in quern: ${reason}`
}

export interface OwnOptions {
  readonly root: string | undefined
  readonly json: boolean
  readonly help: boolean
  readonly rest: readonly string[]
}

/** Takes quern's own `--root DIR`, `--json` and `--help` out of a verb's words, wherever they stand before a `--`. */
export function takeOwnOptions(words: readonly string[]): OwnOptions {
  let root: string | undefined
  let json = false
  let help = false
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') {
      rest.push(...words.slice(at))
      break
    }
    if (word === '--root') {
      root = words[++at]
      if (root === undefined || root === '') throw new UsageError('option --root needs a directory')
    } else if (word.startsWith('--root=')) {
      root = word.slice('--root='.length)
      if (root === '') throw new UsageError('option --root needs a directory')
    } else if (word === '--json') json = true
    else if (word === '--help') help = true
    else rest.push(word)
  }
  return { root, json, help, rest }
}
