import { defineJob, MrError, type TaskContext, type Text, text } from '../mapreduce/index.ts'
import { requiredText } from './required-text.ts'

/**
 * The lines that match, byte for byte as they stand in the input, in input order. Nothing is reduced: part files follow
 * the input.
 *
 * A pattern without metacharacters (or any, with `fixed`) is looked for as bytes. Others are JavaScript regular
 * expressions on the line decoded as UTF-8, where each invalid sequence reads as U+FFFD: `.` matches it, no letter does.
 * What is written is the line itself, never its decoded copy.
 *
 * Where every line that matches holds a certain text, the engine looks for that, and the job sees the lines that have it.
 */
const METACHARACTERS = /[\\^$.*+?()[\]{}|]/

/** Unicode-aware where the pattern allows; an escape such as `\-` is only known to the older syntax. */
function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`)
  } catch {
    try {
      return new RegExp(source, flags)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MrError('MR_BAD_PARAM', `-p pattern=${source}: ${reason}. For plain text add -p fixed`, { cause })
    }
  }
}

function isPlain(params: TaskContext['params']): boolean {
  return params['fixed'] === true || !METACHARACTERS.test(String(params['pattern']))
}

/** What a line has to hold to be worth a look. */
function contains({ params }: TaskContext): string | undefined {
  if (params['invert'] === true || params['ignoreCase'] === true) return undefined
  const pattern = String(params['pattern'])
  return isPlain(params) ? pattern : requiredText(pattern)
}

function matcher({ params }: TaskContext): (line: Text) => boolean {
  const pattern = String(params['pattern'])
  const plain = isPlain(params)
  if (plain && params['ignoreCase'] !== true) {
    // Lines without the pattern do not come here, unless they are what is asked for.
    if (params['invert'] !== true) return () => true
    const bytes = Buffer.from(pattern)
    return (line) => line.includes(bytes)
  }
  const source = plain ? pattern.replace(new RegExp(METACHARACTERS, 'g'), '\\$&') : pattern
  const expression = compile(source, params['ignoreCase'] === true ? 'i' : '')
  return (line) => expression.test(line.toString())
}

let matches: (line: Text) => boolean = () => false
let wanted = true
let named = false

export default defineJob({
  name: 'grep',
  input: text({ contains }),
  params: {
    pattern: { type: 'string', required: true, describe: 'regular expression (JavaScript syntax) or plain text' },
    fixed: { type: 'boolean', default: false, describe: 'take the pattern as plain text, whatever is in it' },
    ignoreCase: { type: 'boolean', default: false, describe: 'upper and lower case are the same' },
    invert: { type: 'boolean', default: false, describe: 'the lines that do not match' },
    file: { type: 'boolean', default: false, describe: 'write the file name and a tab before each line' },
  },
  setup(ctx) {
    matches = matcher(ctx)
    wanted = ctx.params['invert'] !== true
    named = ctx.params['file'] === true
  },
  map(line, emit, ctx) {
    if (matches(line) !== wanted) return
    if (named) emit(ctx.inputFile, line)
    else emit(line)
  },
})
