import { cast, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';

/** What cinder-scheduler understands. */
export const schedulerRpc = rpc('cinder-scheduler', '1.0', {
  /** A new volume wants a back end. Lost or repeated messages do no harm: the scheduler looks for such volumes by itself. */
  placeVolume: cast(T.Object({ volume_id: T.String() })),
});
