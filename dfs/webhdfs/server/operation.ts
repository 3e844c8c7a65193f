import type { Call } from './call.ts'
import { type Parameter, take } from './parameter.ts'
import type { Reply } from './reply.ts'

/** How this server does one operation of WebHDFS. */
export interface ServedOperation {
  /** Checked before anything is done, whether the operation comes to use them or not. */
  readonly parameters: readonly Parameter<unknown>[]
  run(call: Call): Promise<Reply>
}

export function served(
  parameters: readonly Parameter<unknown>[],
  run: (call: Call) => Promise<Reply>,
): ServedOperation {
  return {
    parameters,
    run(call) {
      for (const parameter of parameters) take(call.query, parameter)
      return run(call)
    },
  }
}
