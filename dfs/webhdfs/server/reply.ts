/** What an operation answers; `send.ts` puts it on the wire. */
export type Reply =
  | { readonly kind: 'json'; readonly body: unknown; readonly status?: number }
  /** No body; 201 and 307 say where in `location`. */
  | { readonly kind: 'empty'; readonly status: 200 | 201 | 307; readonly location?: string }
  | {
      readonly kind: 'pieces'
      readonly type: 'application/octet-stream' | 'application/json'
      /** Undefined where it is not known before the end. */
      readonly length?: number
      /** Each piece is good until the next is asked for. */
      readonly pieces: AsyncIterable<Uint8Array>
      /** Always called, whether all were taken or none. */
      readonly close: () => Promise<void>
    }
  | { readonly kind: 'text'; readonly body: string }

export const json = (body: unknown): Reply => ({ kind: 'json', body })
export const boolean = (value: boolean): Reply => json({ boolean: value })
export const done: Reply = { kind: 'empty', status: 200 }
