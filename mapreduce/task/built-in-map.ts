import type { Text } from '../record/text.ts'

/**
 * Maps the engine knows by name. Each is an ordinary function, which is called for each record wherever nothing better is
 * known; `builtIn` tells the engine that it may do the same without calling it.
 */
export interface BuiltInMap<R, K, V> {
  (record: R, emit: (key: K, value: V) => void): void
  readonly builtIn: 'words'
}

/**
 * Emits every word of a line with a one: `for (const word of line.words()) emit(word, 1)`. Over lines, with a reduce or
 * combine by `sum` or `count`, the engine counts the words of whole chunks and calls nothing.
 */
export const words: BuiltInMap<Text, Text, number> = Object.freeze(
  Object.assign(
    (line: Text, emit: (key: Text, value: number) => void): void => {
      for (const word of line.words()) emit(word, 1)
    },
    { builtIn: 'words' as const },
  ),
)

/** Works across copies of this module. */
export function isWords(map: unknown): boolean {
  return typeof map === 'function' && 'builtIn' in map && map.builtIn === 'words'
}
