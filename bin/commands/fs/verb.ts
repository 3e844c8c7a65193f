import type { ArgumentFormat } from './arguments.ts'
import type { VerbRun } from './session.ts'

export interface Verb extends ArgumentFormat {
  readonly name: string
  /** What follows the verb in its usage line. */
  readonly usage: string
  /** Lines for `help`. */
  readonly help: readonly string[]
  /** Verbs that only read do not make a root where none is: a mistyped --root should not leave a file system behind. */
  readonly reads: boolean
  readonly json?: boolean
  /** For verbs kept under an old name: what to type instead, and the flags that makes. */
  readonly deprecated?: { readonly insteadOf: string; readonly flags: readonly string[] }
  readonly load: () => Promise<VerbRun>
}

export const any = Number.POSITIVE_INFINITY
