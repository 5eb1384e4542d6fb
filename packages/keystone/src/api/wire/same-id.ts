import { invalid } from '../../errors.ts';

/** A body may repeat the id of the path, and say no other. @throws invalid */
export function sameId(wanted: object, id: string): void {
  if ('id' in wanted && wanted.id != null && wanted.id !== id) throw invalid({ message: 'Cannot change ID' });
}
