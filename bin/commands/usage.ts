import { CommanderError, Command as Parser } from 'commander'
import { MrError } from '../../mapreduce/base/errors.ts'
import { write } from '../terminal/output.ts'
import type { CommandIo } from './command.ts'

/** A commander parser that neither prints nor exits by itself: `parse` does both as every command of quern does. */
export function parser(name: string, description: string): Parser {
  return new Parser(`quern ${name}`)
    .description(description)
    .helpOption('-h, --help', 'this text')
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .exitOverride()
}

/** Puts the words into `options` of the parser. False when help was asked for and shown; MR_USAGE for wrong usage. */
export async function parse(command: Parser, argv: readonly string[], io: CommandIo): Promise<boolean> {
  let help = ''
  const columns = 'columns' in io.stdout && typeof io.stdout.columns === 'number' ? io.stdout.columns : 80
  command.configureOutput({
    writeOut: (text) => {
      help += text
    },
    writeErr: () => {},
    getOutHelpWidth: () => Math.max(40, Math.min(120, columns)),
  })
  try {
    command.parse(argv, { from: 'user' })
    return true
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') {
      await write(io.stdout, help)
      return false
    }
    const what = error.message.replace(/^error: /, '').replace(/\n/g, ' ')
    throw new MrError('MR_USAGE', `${command.name().replace(/^quern /, '')}: ${what}. See ${command.name()} --help.`, {
      cause: error,
    })
  }
}
