/**
 * The rules: each function checks one request against the state and gives the record that would fulfil it, or undefined
 * where there is nothing to do, or throws the DfsError. None changes anything.
 */
export {
  decideSetOwner,
  decideSetPermission,
  decideSetQuota,
  decideSetReplication,
  decideSetTimes,
} from './decide/attributes.ts'
export { decideConcat } from './decide/concat.ts'
export { type CreateShape, decideCreate, decideCreateDetached, decideMkdir } from './decide/create.ts'
export { decideDelete, decideRename } from './decide/move.ts'
export { decidePublish } from './decide/publish.ts'
export {
  decideAllowSnapshot,
  decideCreateSnapshot,
  decideDeleteSnapshot,
  decideDisallowSnapshot,
  decideRenameSnapshot,
} from './decide/snapshot.ts'
export { decideAbandon, decideAddBlock, decideComplete, decideNewGeneration, decideReopen } from './decide/write.ts'
