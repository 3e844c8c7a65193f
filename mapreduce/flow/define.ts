import { MrError } from '../base/errors.ts'
import { type InputFormat, text } from '../input/format.ts'
import type { Job, JobLimits, MaybePromise, ParamSpec, TaskContext } from '../job.ts'
import type { Text } from '../record/text.ts'
import type { FlowNode } from './graph.ts'
import { Rows, Written } from './rows.ts'

export interface FlowOptions {
  readonly name?: string
  /** One line. */
  readonly describe?: string
  readonly params?: Readonly<Record<string, ParamSpec>>
  readonly limits?: JobLimits
  /** Runs at the start of every task of every stage. */
  readonly setup?: (ctx: TaskContext) => MaybePromise
}

/** Where a flow begins. */
export interface FlowBuilder {
  /**
   * The records of the input: lines, or what `format` makes of them. A flow with several names each, and is given
   * `-i name=PATH`.
   */
  read(): Rows<Text>
  read<R>(format: InputFormat<R>): Rows<R>
  read(name: string): Rows<Text>
  read<R>(name: string, format: InputFormat<R>): Rows<R>
}

/** Says what the flow does, and returns the rows that are its output, or what `write` makes of them. */
export type BuildFlow = (flow: FlowBuilder) => AnyRows | Written

/** `Rows` of whatever. */
export interface AnyRows {
  readonly node: FlowNode
}

/**
 * A chain of stages as one job, run like any other. The function is called once, when the module is loaded, and says what
 * is to be done with rows that come later; what those functions close over is made anew in every worker.
 */
export function defineFlow(build: BuildFlow): Job<never>
export function defineFlow(options: FlowOptions, build: BuildFlow): Job<never>
export function defineFlow(first: FlowOptions | BuildFlow, second?: BuildFlow): Job<never> {
  const { setup, ...options }: FlowOptions = typeof first === 'function' ? {} : first
  const build = typeof first === 'function' ? first : second
  if (typeof build !== 'function') {
    throw new MrError(
      'MR_BAD_JOB',
      'defineFlow needs a function that says what is done: defineFlow((flow) => flow.read()…)',
    )
  }
  const sources: Extract<FlowNode, { readonly op: 'read' }>[] = []
  const made = build({ read: readInto(sources) })
  const written = made instanceof Rows ? made.write() : made
  if (!(written instanceof Written)) {
    throw new MrError('MR_BAD_JOB', 'The function given to defineFlow has to return rows: what is written in the end.')
  }
  const { node: result, how: write } = written
  return { ...options, flow: { sources, result, write, ...(setup === undefined ? {} : { setup }) } }
}

function readInto(sources: Extract<FlowNode, { readonly op: 'read' }>[]): FlowBuilder['read'] {
  function read(): Rows<Text>
  function read<R>(format: InputFormat<R>): Rows<R>
  function read(name: string): Rows<Text>
  function read<R>(name: string, format: InputFormat<R>): Rows<R>
  function read<R>(first?: string | InputFormat<R>, second?: InputFormat<R>): Rows<R | Text> {
    const name = typeof first === 'string' ? first : 'input'
    const input = (typeof first === 'string' ? second : first) ?? text()
    if (!/^[^=\s]+$/.test(name)) {
      throw new MrError(
        'MR_BAD_JOB',
        `read(${JSON.stringify(name)}): the name of an input can't be empty or hold = or white space.`,
      )
    }
    if (sources.some((source) => source.name === name)) {
      throw new MrError(
        'MR_BAD_JOB',
        `read(${JSON.stringify(name)}): there is a read of that name already. Keep its rows in a variable and use them twice, or name the other input.`,
      )
    }
    const node = { op: 'read', name, input } as const
    sources.push(node)
    return new Rows(node)
  }
  return read
}
