import type { InputFile } from './task.ts'

/** What one argument gives, before it is put in order. */
export interface Expansion {
  readonly found: { readonly path: string; readonly file: InputFile }[]
  readonly directories: string[]
}

export function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.')
}

export function isGzip(name: string): boolean {
  return name.toLowerCase().endsWith('.gz')
}
