import { DfsError } from '../dfs/base/errors.ts'
import { MrError } from '../mapreduce/base/errors.ts'
import type { CommandIo } from './commands/command.ts'
import { helpText } from './commands/help.ts'
import { nearest } from './commands/suggest.ts'
import { commands as allCommands, type CommandEntry } from './commands/table.ts'
import { isClosedPipe, OutputClosed, OutputFailed, write } from './terminal/output.ts'
import { styleFor } from './terminal/style.ts'

/**
 * One command line from words to exit code. Nothing thrown leaves it: usage and operating errors become one line on
 * stderr, and a reader that went away is no error at all.
 */
export async function enter(
  argv: readonly string[],
  io: CommandIo,
  commands: readonly CommandEntry[] = allCommands,
): Promise<number> {
  try {
    return await dispatch(argv, io, commands)
  } catch (error) {
    // The closed output may come as itself or as the reason of the abort it caused; what failed after it is of no interest.
    if (error instanceof OutputClosed || isClosedPipe(error) || io.signal.reason instanceof OutputClosed) return 0
    return await explain(error, io)
  }
}

async function dispatch(argv: readonly string[], io: CommandIo, commands: readonly CommandEntry[]): Promise<number> {
  const [first, ...rest] = argv
  if (first === undefined) {
    await write(io.stderr, helpText(commands, styleFor(io.stderr, io.env)))
    return 2
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    const [subject] = rest
    if (subject !== undefined) return await dispatch([subject, '--help'], io, commands)
    await write(io.stdout, helpText(commands, styleFor(io.stdout, io.env)))
    return 0
  }
  // `quern --root DIR fs …` reads as naturally as `quern fs --root DIR …`.
  if (first.startsWith('--root=')) return await dispatch(behind(rest, [first]), io, commands)
  if (first === '--root' && rest.length > 1) {
    return await dispatch(behind(rest.slice(1), [first, ...rest.slice(0, 1)]), io, commands)
  }
  const entry = commands.find(({ name }) => name === first)
  if (entry === undefined) {
    await write(io.stderr, unknownCommand(first, commands))
    return 2
  }
  const command = await entry.load()
  return await command.run(rest, io)
}

function behind(words: readonly string[], options: readonly string[]): string[] {
  return [...words.slice(0, 1), ...options, ...words.slice(1)]
}

function unknownCommand(typed: string, commands: readonly CommandEntry[]): string {
  const kind = typed.startsWith('-') ? 'option' : 'command'
  const meant =
    kind === 'command'
      ? nearest(
          typed,
          commands.map(({ name }) => name),
        )
      : nearest(typed, ['--help', '--version', '--root'])
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  return `quern: unknown ${kind} '${typed}'.${hint} See quern --help.\n`
}

/** One line for a failure nobody below could name better; QUERN_DEBUG=1 adds the stack and the chain of causes. */
async function explain(error: unknown, io: CommandIo): Promise<number> {
  const known = error instanceof MrError || error instanceof DfsError || error instanceof OutputFailed
  const message = error instanceof Error ? error.message || error.name : String(error)
  const lines = known || io.signal.aborted ? [`quern: ${message}`] : [`quern: ${message.split('\n', 1)[0]}`]
  if (io.env['QUERN_DEBUG'] === '1') lines.push(...stacks(error))
  else if (!known && !io.signal.aborted) lines.push('quern: unexpected; QUERN_DEBUG=1 shows where')
  try {
    await write(io.stderr, `${lines.join('\n')}\n`)
  } catch (writeError) {
    // With stderr gone too there is nobody left to tell; the exit code still says it.
    if (!(writeError instanceof OutputClosed)) throw writeError
  }
  return error instanceof MrError ? error.exitCode : 1
}

function stacks(error: unknown): string[] {
  const lines: string[] = []
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    lines.push(`${lines.length === 0 ? '' : 'caused by '}${cause.stack ?? cause.message}`)
  }
  return lines
}
